/** Messages: `struct nlmsghdr` of `<linux/netlink.h>`, many of them in one buffer, and acknowledgements. */
import { attributes, type Source, sourceOf, text, u32 } from "./codec.ts";
import { NetlinkDecodeError } from "./errors.ts";
import { HOST_IS_LITTLE_ENDIAN, Writer } from "./writer.ts";

/** Bytes of `struct nlmsghdr`. */
export const HEADER_BYTES = 16;

/** `NLMSG_*`: messages of netlink itself. */
export const NLMSG = { error: 2, done: 3 } as const;

/** `NLM_F_*`: flags of a message. */
export const NLM_F = {
  request: 0x1,
  multi: 0x2,
  ack: 0x4,
  dumpInterrupted: 0x10,
  /** On an acknowledgement: the request is not repeated in it. */
  capped: 0x100,
  /** On an acknowledgement: attributes follow. */
  ackAttributes: 0x200,
  dump: 0x300,
  exclusive: 0x200,
  create: 0x400,
} as const;

/** Messages that go out together; each gets its sequence number when the batch is sent. */
export class Batch {
  readonly out: Writer;
  readonly #starts: number[] = [];

  constructor(capacity: number) {
    this.out = new Writer(capacity);
  }

  /** Messages so far. */
  get count(): number {
    return this.#starts.length;
  }

  /** Begins a message; its payload is written to `out` next. `NLM_F_REQUEST` is set always. */
  begin(type: number, flags: number): void {
    this.#starts.push(this.out.length);
    this.out.u32(0);
    this.out.u16(type);
    this.out.u16(flags | NLM_F.request);
    this.out.u32(0);
    this.out.u32(0);
  }

  /** Ends the message: sets its length. */
  end(): void {
    const start = this.#starts.at(-1) ?? 0;
    this.out.patch32(start, this.out.length - start);
  }

  /** Numbers the messages from `first` on, and lets the last one ask for an acknowledgement. */
  seal(first: number, { acknowledgeLast }: { readonly acknowledgeLast: boolean }): void {
    for (let index = 0; index < this.#starts.length; index++) {
      this.out.patch32((this.#starts[index] ?? 0) + 8, first + index);
    }
    const last = this.#starts.at(-1);
    if (!acknowledgeLast || last === undefined) return;
    const { view } = sourceOf(this.out.bytes());
    const flags = view.getUint16(last + 6, HOST_IS_LITTLE_ENDIAN);
    this.out.patch16(last + 6, flags | NLM_F.ack);
  }

  /** Empties the batch, keeping its memory. */
  reset(): void {
    this.#starts.length = 0;
    this.out.reset();
  }
}

/** One message in a buffer of answers. */
export interface Message {
  readonly type: number;
  readonly flags: number;
  readonly sequence: number;
  /** `nlmsg_pid`: on what the kernel tells everybody, the port of the socket that asked for the change. */
  readonly port: number;
  /** Where the payload stands in the source. */
  readonly start: number;
  readonly end: number;
}

/** Goes over the messages in `from`. Throws {@link NetlinkDecodeError} where one is cut off. */
export function* messagesIn(from: Source): Generator<Message, void> {
  const { view, bytes } = from;
  for (let at = 0; at < bytes.length; ) {
    const left = bytes.length - at;
    const length = left < HEADER_BYTES ? 0 : view.getUint32(at, HOST_IS_LITTLE_ENDIAN);
    if (length < HEADER_BYTES || length > left) {
      throw new NetlinkDecodeError(`nlmsghdr: message of ${length} bytes with ${left} left`);
    }
    yield {
      type: view.getUint16(at + 4, HOST_IS_LITTLE_ENDIAN),
      flags: view.getUint16(at + 6, HOST_IS_LITTLE_ENDIAN),
      sequence: view.getUint32(at + 8, HOST_IS_LITTLE_ENDIAN),
      port: view.getUint32(at + 12, HOST_IS_LITTLE_ENDIAN),
      start: at + HEADER_BYTES,
      end: at + length,
    };
    at += (length + 3) & ~3;
  }
}

/** An acknowledgement (`struct nlmsgerr`): errno 0 is success. */
export interface Acknowledgement {
  readonly errno: number;
  /** `NLMSGERR_ATTR_MSG`: the kernel's own sentence, or "". */
  readonly kernelText: string;
}

/** `enum nlmsgerr_attrs`. */
const acknowledgementAttributes = attributes("NLMSGERR_ATTR", {
  message: { type: 1, codec: text },
  offset: { type: 2, codec: u32 },
});

/** Reads the payload of an `NLMSG_ERROR` message. Throws {@link NetlinkDecodeError}. */
export function readAcknowledgement(from: Source, message: Message): Acknowledgement {
  const { start, end, flags } = message;
  if (end - start < 4 + HEADER_BYTES) {
    throw new NetlinkDecodeError(`nlmsgerr: expected 20 bytes, got ${end - start}`);
  }
  const errno = Math.abs(from.view.getInt32(start, HOST_IS_LITTLE_ENDIAN));
  if ((flags & NLM_F.ackAttributes) === 0) return { errno, kernelText: "" };
  const requestBytes =
    (flags & NLM_F.capped) === 0
      ? from.view.getUint32(start + 4, HOST_IS_LITTLE_ENDIAN)
      : HEADER_BYTES;
  const found = acknowledgementAttributes.read(from, start + 4 + ((requestBytes + 3) & ~3), end);
  return { errno, kernelText: found.message ?? "" };
}
