/** Ends a stream on which nothing comes any more. Knows nothing of what comes. */
import type { Readable } from "node:stream";
import type { Clock } from "../../base/clock.ts";

/** How long is too long, and what is said then. */
export interface SilenceLimit {
  readonly clock: Clock;
  /** May become more later on. */
  readonly silenceMs: () => number;
  readonly error: () => Error;
}

/** The bytes of `stream` as they come; it is destroyed at the end. Throws what the stream does, or `error`. */
export async function* untilSilent(
  stream: Readable,
  { clock, silenceMs, error }: SilenceLimit,
): AsyncGenerator<Buffer, void> {
  const ended = new AbortController();
  let heardMs = clock.nowMs();
  const listen = async (): Promise<void> => {
    while (!ended.signal.aborted) {
      const restMs = heardMs + silenceMs() - clock.nowMs();
      if (restMs <= 0) {
        stream.destroy(error());
        return;
      }
      await clock.sleep(restMs, ended.signal);
    }
  };
  void listen();
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      heardMs = clock.nowMs();
      yield chunk;
    }
  } finally {
    ended.abort();
    stream.destroy();
  }
}
