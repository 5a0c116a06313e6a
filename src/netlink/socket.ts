/** A netlink socket: sends batches, matches answers to messages, repeats interrupted dumps. */
import { type Source, sourceOf } from "./codec.ts";
import { errnoNumber, NetlinkError } from "./errors.ts";
import type { Handle, NativeLibrary } from "./library.ts";
import {
  type Acknowledgement,
  type Batch,
  type Message,
  messagesIn,
  NLM_F,
  NLMSG,
  readAcknowledgement,
} from "./message.ts";
import { HOST_IS_LITTLE_ENDIAN } from "./writer.ts";

/** `NETLINK_*`: families of netlink. */
export const NETLINK = { route: 0, netfilter: 12, generic: 16 } as const;

/** Kernel buffers of a socket, each way: a batch and all its refusals fit. */
export const SOCKET_BYTES = 8 * 1024 * 1024;

/** Messages sent in one go at most. */
export const MESSAGES_PER_SEND_MAX = 2_000;

/** Deadline of one exchange. The kernel answers in milliseconds; a slow guest needs more. */
export const EXCHANGE_MS_MAX = 60_000;

/** How often a dump is repeated when others wrote meanwhile. */
export const DUMP_ATTEMPTS_MAX = 8;

/** Sequence numbers start again before they would wrap inside a batch. */
const SEQUENCE_MAX = 0xffff_0000;

/** A message that the kernel refused. */
export interface MessageFailure extends Acknowledgement {
  /** Position of the message in its batch. */
  readonly index: number;
}

/** What came back for one request. */
export interface Answer {
  readonly from: Source;
  readonly messages: readonly Message[];
}

/** One socket. Calls may overlap: they are carried out one after the other. */
export interface NetlinkSocket {
  /**
   * Sends a batch whose last message asks for an acknowledgement, and returns the refusals.
   * Rejects with {@link NetlinkError} when the socket fails: then it is unknown what was done.
   */
  transact(operation: string, batch: Batch): Promise<readonly MessageFailure[]>;
  /** Sends one request and returns its answer. Rejects with the kernel's refusal. */
  request(operation: string, batch: Batch): Promise<Answer>;
  /**
   * Runs each message of `batch` as a dump. An answer is the same state throughout: interrupted dumps
   * are repeated. A request that the kernel refuses as a whole rejects with {@link NetlinkError}.
   */
  dump(operation: string, batch: Batch): Promise<readonly Answer[]>;
  /**
   * Runs the one message of `batch` as a dump that may be too large to hold, and shows it in parts; a
   * part is gone after `visit`. An interrupted dump is repeated, so that `visit` may see things twice.
   * Rejects as {@link NetlinkSocket.dump} does, and with what `visit` throws.
   */
  dumpInParts(operation: string, batch: Batch, visit: (part: Answer) => void): Promise<void>;
  close(): void;
}

/** Opens a socket of a netlink family. Throws {@link NetlinkError}. */
export function openSocket(library: NativeLibrary, family: number): NetlinkSocket {
  const { handle, error } = library.open(family, SOCKET_BYTES);
  if (error < 0) throw new NetlinkError("socket(AF_NETLINK)", -error);
  return new LibrarySocket(library, handle);
}

class LibrarySocket implements NetlinkSocket {
  readonly #library: NativeLibrary;
  readonly #handle: Handle;
  #sequence = 1;
  #closed = false;
  /** The end of the last call: the next one waits for it. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(library: NativeLibrary, handle: Handle) {
    this.#library = library;
    this.#handle = handle;
  }

  transact(operation: string, batch: Batch): Promise<readonly MessageFailure[]> {
    return this.#inTurn(async () => {
      if (batch.count === 0) return [];
      const { from, first } = await this.#exchange(operation, batch);
      return failuresIn(from, first);
    });
  }

  request(operation: string, batch: Batch): Promise<Answer> {
    return this.#inTurn(async () => {
      const { from, first } = await this.#exchange(operation, batch);
      const [failure] = failuresIn(from, first);
      if (failure) throw new NetlinkError(operation, failure.errno, failure);
      const messages = [...messagesIn(from)].filter(({ type }) => type !== NLMSG.error);
      return { from, messages };
    });
  }

  dump(operation: string, batch: Batch): Promise<readonly Answer[]> {
    return this.#inTurn(async () => {
      if (batch.count === 0) return [];
      for (let attempt = 1; ; attempt++) {
        const answers = await this.#dumpOnce(operation, batch);
        if (answers) return answers;
        if (attempt === DUMP_ATTEMPTS_MAX) throw interrupted(operation);
      }
    });
  }

  dumpInParts(operation: string, batch: Batch, visit: (part: Answer) => void): Promise<void> {
    return this.#inTurn(async () => {
      for (let attempt = 1; await this.#dumpParts(operation, batch, visit); attempt++) {
        if (attempt === DUMP_ATTEMPTS_MAX) throw interrupted(operation);
      }
    });
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    // A call may still run in another thread: it must not lose its socket.
    this.#turn.then(() => this.#library.close(this.#handle));
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(() => {
      if (this.#closed) throw new NetlinkError("socket", errnoNumber("EBADF"));
      return work();
    });
    this.#turn = result.catch(() => undefined);
    return result;
  }

  async #exchange(operation: string, batch: Batch): Promise<{ from: Source; first: number }> {
    const first = this.#number(batch.count);
    batch.seal(first, { acknowledgeLast: true });
    const size = await this.#library.transact(this.#handle, batch.out.bytes(), {
      lastSequence: first + batch.count - 1,
      timeoutMs: EXCHANGE_MS_MAX,
    });
    return { from: this.#take(operation, size), first };
  }

  /** Undefined when the dump was interrupted. */
  async #dumpOnce(operation: string, batch: Batch): Promise<readonly Answer[] | undefined> {
    const first = this.#number(batch.count);
    batch.seal(first, { acknowledgeLast: false });
    const size = await this.#library.dump(this.#handle, batch.out.bytes(), EXCHANGE_MS_MAX);
    const from = this.#take(operation, size);
    const found: Message[][] = Array.from({ length: batch.count }, () => []);
    for (const message of messagesIn(from)) {
      if ((message.flags & NLM_F.dumpInterrupted) !== 0) return undefined;
      if (message.type === NLMSG.error || message.type === NLMSG.done) {
        checkEnd(operation, from, message);
      } else found[message.sequence - first]?.push(message);
    }
    return found.map((messages) => ({ from, messages }));
  }

  /** True when the dump was interrupted. */
  async #dumpParts(
    operation: string,
    batch: Batch,
    visit: (part: Answer) => void,
  ): Promise<boolean> {
    batch.seal(this.#number(batch.count), { acknowledgeLast: false });
    const request = batch.out.bytes();
    const begun = await this.#library.beginDump(this.#handle, request, EXCHANGE_MS_MAX);
    if (begun < 0) throw socketError(operation, -begun);
    for (let isInterrupted = false; ; ) {
      const size = await this.#library.dumpPart(this.#handle, EXCHANGE_MS_MAX);
      if (size === 0) return isInterrupted;
      const from = this.#take(operation, size);
      const messages: Message[] = [];
      for (const message of messagesIn(from)) {
        if ((message.flags & NLM_F.dumpInterrupted) !== 0) isInterrupted = true;
        if (message.type !== NLMSG.error && message.type !== NLMSG.done) messages.push(message);
        else checkEnd(operation, from, message);
      }
      visit({ from, messages });
    }
  }

  #number(count: number): number {
    if (this.#sequence + count > SEQUENCE_MAX) this.#sequence = 1;
    const first = this.#sequence;
    this.#sequence += count;
    return first;
  }

  #take(operation: string, size: number): Source {
    if (size < 0) throw socketError(operation, -size);
    return sourceOf(this.#library.take(this.#handle, size));
  }
}

function failuresIn(from: Source, first: number): MessageFailure[] {
  const failures: MessageFailure[] = [];
  for (const message of messagesIn(from)) {
    if (message.type !== NLMSG.error) continue;
    const acknowledgement = readAcknowledgement(from, message);
    if (acknowledgement.errno !== 0) {
      failures.push({ ...acknowledgement, index: message.sequence - first });
    }
  }
  return failures;
}

/** The end of a dump carries an errno too: a dump can fail in its middle. */
function checkEnd(operation: string, from: Source, message: Message): void {
  if (message.type === NLMSG.error) {
    const acknowledgement = readAcknowledgement(from, message);
    if (acknowledgement.errno !== 0) {
      throw new NetlinkError(operation, acknowledgement.errno, acknowledgement);
    }
    return;
  }
  if (message.end - message.start < 4) return;
  const errno = -from.view.getInt32(message.start, HOST_IS_LITTLE_ENDIAN);
  if (errno > 0) throw new NetlinkError(operation, errno);
}

function interrupted(operation: string): NetlinkError {
  return new NetlinkError(operation, errnoNumber("EAGAIN"), {
    kernelText: `the dump was interrupted ${DUMP_ATTEMPTS_MAX} times by other writers`,
  });
}

function socketError(operation: string, errno: number): NetlinkError {
  return new NetlinkError(operation, errno, { kernelText: socketText(errno) });
}

/** What a failure of the socket itself means, where the name of the errno alone does not say it. */
function socketText(errno: number): string {
  if (errno === errnoNumber("ENOBUFS")) return "answers were lost; what was done is unknown";
  if (errno === errnoNumber("ETIMEDOUT")) return `no answer within ${EXCHANGE_MS_MAX} ms`;
  return "";
}
