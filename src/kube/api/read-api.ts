/** Reads the API server once, as it is now: for commands that look and leave. */
import type { Clock } from "../../base/clock.ts";
import type { Snapshot } from "../change.ts";
import { ApiError } from "./api-error.ts";
import { ApiSource, type ApiSourceOptions } from "./api-source.ts";

/** From the first request to all that the server has: a person waits, and 10,000 Services take few seconds. */
export const READ_MS_MAX = 30_000;

/** What reading needs. */
export interface ReadApiOptions {
  readonly client: ApiSourceOptions["client"];
  readonly clock: Clock;
  readonly nodeName: string;
  /** Aborted when the process is asked to end. */
  readonly signal: AbortSignal;
}

/**
 * Everything that the server holds for this node. Failures are tried again until {@link READ_MS_MAX};
 * then it rejects with an {@link ApiError} of the first failure's code, or `TIMEOUT` where the server
 * said nothing at all, or `ENDED` when `signal` came first.
 */
export async function readApi(options: ReadApiOptions): Promise<Snapshot> {
  const { client, clock, signal } = options;
  const quiet = { onProblem: () => undefined, onSolved: () => undefined };
  const source = new ApiSource({ ...options, ...quiet, isAskedOnce: true });
  let failures: readonly ApiError[] = [];
  const done = new AbortController();
  const end = (): void => done.abort();
  signal.addEventListener("abort", end);
  if (signal.aborted) end();
  const limit = clock.sleep(READ_MS_MAX, done.signal).then(() => {
    failures = source.failures();
    end();
  });
  try {
    for await (const [first] of source.changes(done.signal)) {
      if (first?.kind !== "replaced") continue;
      return { picture: first.picture, problems: source.problems() };
    }
  } finally {
    signal.removeEventListener("abort", end);
    end();
    await limit;
  }
  if (signal.aborted) {
    throw new ApiError("ENDED", `asked to end before ${client.server} had told everything`);
  }
  throw lateError(client.server, failures);
}

function lateError(server: string, failures: readonly ApiError[]): ApiError {
  const [first] = failures;
  const limit = `within ${READ_MS_MAX / 1_000} s`;
  if (!first) {
    return new ApiError(
      "TIMEOUT",
      `${server} has not answered with all Services, EndpointSlices and this node ${limit}: check that it is an API server, and that nothing between here and there drops the packets`,
    );
  }
  const reasons = [...new Set(failures.map(({ message }) => message))].join("; ");
  return new ApiError(
    first.code,
    `no picture of the cluster from ${server} ${limit}: ${reasons}; check the server's address and the credentials in the kubeconfig (--kubeconfig, --master)`,
    { cause: first },
  );
}
