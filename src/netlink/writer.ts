/** A buffer that grows, with a position: where messages are encoded, attribute by attribute. */
import { endianness } from "node:os";

/** Host byte order, as `DataView` wants to know it. */
export const HOST_IS_LITTLE_ENDIAN: boolean = endianness() === "LE";

/** Netlink aligns headers and attributes to this many bytes (`NLMSG_ALIGNTO`, `NLA_ALIGNTO`). */
export const ALIGN_BYTES = 4;

/** Bytes of an attribute's header (`struct nlattr`). */
export const ATTRIBUTE_HEADER_BYTES = 4;

/** Writes integers and bytes at the end of a growing buffer. Reusable: `reset` keeps the memory. */
export class Writer {
  #bytes: Uint8Array;
  #view: DataView;
  #length = 0;

  constructor(capacity: number) {
    this.#bytes = new Uint8Array(capacity);
    this.#view = new DataView(this.#bytes.buffer);
  }

  /** Bytes written so far. */
  get length(): number {
    return this.#length;
  }

  /** What was written: a view, valid until the next write or reset. */
  bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  /** Forgets what was written after `length`. */
  reset(length = 0): void {
    this.#length = length;
  }

  u8(value: number): void {
    const at = this.#take(1);
    this.#bytes[at] = value;
  }

  u16(value: number): void {
    const at = this.#take(2);
    this.#view.setUint16(at, value, HOST_IS_LITTLE_ENDIAN);
  }

  u32(value: number): void {
    const at = this.#take(4);
    this.#view.setUint32(at, value, HOST_IS_LITTLE_ENDIAN);
  }

  u64(value: bigint): void {
    const at = this.#take(8);
    this.#view.setBigUint64(at, value, HOST_IS_LITTLE_ENDIAN);
  }

  be16(value: number): void {
    const at = this.#take(2);
    this.#view.setUint16(at, value, false);
  }

  be32(value: number): void {
    const at = this.#take(4);
    this.#view.setUint32(at, value, false);
  }

  raw(value: Uint8Array): void {
    const at = this.#take(value.length);
    this.#bytes.set(value, at);
  }

  /** Takes `size` bytes, zeroed, and lets `fill` write into them. */
  fill(size: number, fill: (bytes: Uint8Array, offset: number) => void): void {
    const at = this.#take(size);
    this.#bytes.fill(0, at, at + size);
    fill(this.#bytes, at);
  }

  /** Overwrites a 32-bit word written before. */
  patch32(at: number, value: number): void {
    this.#view.setUint32(at, value, HOST_IS_LITTLE_ENDIAN);
  }

  /** Overwrites a 16-bit word written before. */
  patch16(at: number, value: number): void {
    this.#view.setUint16(at, value, HOST_IS_LITTLE_ENDIAN);
  }

  /** Fills up with zeros to the next multiple of {@link ALIGN_BYTES}. */
  align(): void {
    while (this.#length % ALIGN_BYTES !== 0) this.u8(0);
  }

  /** Opens an attribute: its header with an open length. Returns where it begins. */
  beginAttribute(type: number): number {
    const at = this.#take(ATTRIBUTE_HEADER_BYTES);
    this.#view.setUint16(at + 2, type, HOST_IS_LITTLE_ENDIAN);
    return at;
  }

  /** Closes the attribute that begins at `at`: sets its length, without padding, and pads. */
  endAttribute(at: number): void {
    this.#view.setUint16(at, this.#length - at, HOST_IS_LITTLE_ENDIAN);
    this.align();
  }

  #take(size: number): number {
    const at = this.#length;
    const end = at + size;
    if (end > this.#bytes.length) this.#grow(end);
    this.#length = end;
    return at;
  }

  #grow(size: number): void {
    const grown = new Uint8Array(Math.max(size, this.#bytes.length * 2));
    grown.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = grown;
    this.#view = new DataView(grown.buffer);
  }
}
