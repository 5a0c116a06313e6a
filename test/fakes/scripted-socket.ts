/** A netlink socket that answers as a test says, and keeps what it was asked: real bytes, no kernel. */
import { sourceOf } from "../../src/netlink/codec.ts";
import { errnoNumber, NetlinkError } from "../../src/netlink/errors.ts";
import { type Batch, Batch as Messages, messagesIn } from "../../src/netlink/message.ts";
import type { Answer, MessageFailure, NetlinkSocket } from "../../src/netlink/socket.ts";

/** What to answer; without a handler, transactions succeed and dumps are empty. */
export interface Script {
  /** Refusals by index: the name of an errno each, or undefined. */
  transact?: (asked: Asked) => readonly (string | undefined)[];
  /** The answer of a single request, or the name of the errno that refuses it. */
  request?: (asked: Asked) => Answer | string;
  dump?: (asked: Asked) => readonly Answer[];
}

/** One call. */
export interface Asked {
  readonly operation: string;
  /** Payloads of the messages, generic header included, with their types. */
  readonly messages: readonly { readonly type: number; readonly payload: Uint8Array }[];
}

/** Made by {@link scriptedSocket}. */
export interface ScriptedSocket extends NetlinkSocket {
  readonly calls: Asked[];
  closed: boolean;
}

export function scriptedSocket(script: Script): ScriptedSocket {
  const calls: Asked[] = [];
  const take = (operation: string, batch: Batch): Asked => {
    batch.seal(1, { acknowledgeLast: true });
    const from = sourceOf(batch.out.bytes().slice());
    const messages = [...messagesIn(from)].map(({ type, start, end }) => ({
      type,
      payload: from.bytes.subarray(start, end),
    }));
    const asked = { operation, messages };
    calls.push(asked);
    return asked;
  };
  return {
    calls,
    closed: false,
    async transact(operation, batch): Promise<readonly MessageFailure[]> {
      if (batch.count === 0) return [];
      const asked = take(operation, batch);
      const codes = script.transact?.(asked) ?? [];
      return codes.flatMap((code, index) =>
        code === undefined ? [] : { index, errno: errnoNumber(code), kernelText: "" },
      );
    },
    async request(operation, batch): Promise<Answer> {
      const asked = take(operation, batch);
      const answer = script.request?.(asked) ?? answerOf([]);
      if (typeof answer === "string") throw new NetlinkError(operation, errnoNumber(answer));
      return answer;
    },
    async dump(operation, batch): Promise<readonly Answer[]> {
      const asked = take(operation, batch);
      return script.dump?.(asked) ?? asked.messages.map(() => answerOf([]));
    },
    async dumpInParts(operation, batch, visit): Promise<void> {
      const asked = take(operation, batch);
      for (const part of script.dump?.(asked) ?? []) visit(part);
    },
    close() {
      this.closed = true;
    },
  };
}

/** An answer of messages whose payloads `write` writes. */
export function answerOf(
  messages: readonly { type: number; write: (batch: Batch) => void }[],
): Answer {
  const batch = new Messages(256);
  for (const { type, write } of messages) {
    batch.begin(type, 0);
    write(batch);
    batch.end();
  }
  const from = sourceOf(batch.out.bytes().slice());
  return { from, messages: [...messagesIn(from)] };
}
