/** A native library that answers as a test says: the bytes of every exchange, without any kernel. */
import { expect } from "vitest";
import { errnoNumber } from "../../../src/netlink/errors.ts";
import type { NativeLibrary } from "../../../src/netlink/library.ts";
import { Batch, NLMSG } from "../../../src/netlink/message.ts";
import { Writer } from "../../../src/netlink/writer.ts";

/** What a scripted exchange answers: bytes, or the negative errno of the call. */
export type Script = (request: Uint8Array) => Uint8Array | number | Promise<Uint8Array | number>;

export class ScriptedLibrary implements NativeLibrary {
  readonly #script: Script;
  #answer: Uint8Array = new Uint8Array();
  calls = 0;
  running = 0;
  mostRunning = 0;
  closed = 0;
  parts: Uint8Array[] = [];

  constructor(script: Script) {
    this.#script = script;
  }

  open(): { handle: Buffer; error: number } {
    return { handle: Buffer.alloc(8), error: 0 };
  }

  transact(_handle: Buffer, request: Uint8Array): Promise<number> {
    return this.#exchange(request);
  }

  dump(_handle: Buffer, requests: Uint8Array): Promise<number> {
    return this.#exchange(requests);
  }

  listen(): number {
    return -errnoNumber("EPROTONOSUPPORT");
  }

  /** The script answers with everything that {@link dumpPart} then gives in one or more parts. */
  async beginDump(_handle: Buffer, request: Uint8Array): Promise<number> {
    const size = await this.#exchange(request);
    this.parts = [this.#answer];
    return Math.min(0, size);
  }

  dumpPart(): Promise<number> {
    this.#answer = this.parts.shift() ?? new Uint8Array();
    return Promise.resolve(this.#answer.length);
  }

  take(): Uint8Array {
    return this.#answer;
  }

  trim(): void {}

  close(): number {
    expect(this.running).toBe(0);
    this.closed++;
    return 0;
  }

  async #exchange(request: Uint8Array): Promise<number> {
    this.calls++;
    this.running++;
    this.mostRunning = Math.max(this.mostRunning, this.running);
    const answer = await this.#script(Uint8Array.from(request));
    this.running--;
    if (typeof answer === "number") return answer;
    this.#answer = answer;
    return answer.length;
  }
}

export interface Reply {
  readonly type: number;
  readonly flags?: number;
  readonly sequence: number;
  readonly words?: readonly number[];
}

export function replies(...list: readonly Reply[]): Uint8Array {
  const out = new Writer(64);
  for (const { type, flags = 0, sequence, words = [] } of list) {
    out.u32(16 + words.length * 4);
    out.u16(type);
    out.u16(flags);
    out.u32(sequence);
    out.u32(0);
    for (const word of words) out.u32(word >>> 0);
  }
  return out.bytes();
}

export const refusal = (sequence: number, errno: number): Reply => ({
  type: NLMSG.error,
  sequence,
  words: [-errno, 16, 0, sequence, 0],
});
export const done = (sequence: number, errno = 0): Reply => ({
  type: NLMSG.done,
  sequence,
  words: [-errno],
});

export function sequencesIn(request: Uint8Array): number[] {
  const view = new DataView(request.buffer);
  const found: number[] = [];
  for (let at = 0; at < request.length; at += view.getUint32(at, true)) {
    found.push(view.getUint32(at + 8, true));
  }
  return found;
}

export function batchOf(count: number): Batch {
  const batch = new Batch(64);
  for (let i = 0; i < count; i++) {
    batch.begin(0x20, 0);
    batch.end();
  }
  return batch;
}
