/** Listening: the stream of the library taken apart, and a listener's end on this machine's kernel. */
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { errnoNumber } from "../../../src/netlink/errors.ts";
import { type ListenOptions, listen } from "../../../src/netlink/multicast.ts";
import { NETLINK } from "../../../src/netlink/socket.ts";
import { ToldDatagrams } from "../../../src/netlink/told-datagrams.ts";
import { Writer } from "../../../src/netlink/writer.ts";

/** The stream as the library writes it: a text is a datagram, a number an errno. */
function streamOf(...list: readonly (string | number)[]): Buffer {
  const out = new Writer(64);
  for (const one of list) {
    out.u32(typeof one === "number" ? -one >>> 0 : one.length);
    if (typeof one === "string") out.raw(Buffer.from(one));
  }
  return Buffer.from(out.bytes());
}

/** What is told of `stream` when it comes in pieces of `size` bytes. */
function toldOf(stream: Buffer, size: number): (string | number)[] {
  const found: (string | number)[] = [];
  const told = new ToldDatagrams({
    onDatagram: (bytes) => found.push(bytes.toString()),
    onFailure: (errno) => found.push(errno),
  });
  for (let at = 0; at < stream.length; at += size) told.take(stream.subarray(at, at + size));
  return found;
}

describe("the stream of a listening thread", () => {
  const all = ["first", "x".repeat(300), 105, "after a loss", 9];

  test("is taken apart however it is cut", () => {
    for (const size of [1, 2, 3, 5, 7, 64, 309, 1_000]) {
      expect(toldOf(streamOf(...all), size)).toEqual(all);
    }
  });

  test("tells nothing of a datagram whose end is missing", () => {
    const stream = streamOf("whole", "half");
    expect(toldOf(stream.subarray(0, -1), 100)).toEqual(["whole"]);
  });
});

const nothing: Omit<ListenOptions, "family" | "groups"> = {
  onDatagram: () => undefined,
  onLost: () => undefined,
  onError: () => undefined,
};

/** Listening threads of this process, by the name that the library gives them. */
function threads(): number {
  return readdirSync("/proc/self/task").filter(
    (id) => readFileSync(`/proc/self/task/${id}/comm`, "utf8") === "knl-listen\n",
  ).length;
}

describe("a listener", () => {
  test("ends its thread when it is closed, also a second time", async () => {
    const listener = listen({ ...nothing, family: NETLINK.route, groups: [1, 5, 9] });
    await expect.poll(threads).toBe(1);
    listener.close();
    listener.close();
    await expect.poll(threads).toBe(0);
  });

  test("of a family that does not exist is refused", () => {
    const family = 255;
    expect(() => listen({ ...nothing, family, groups: [1] })).toThrow(
      expect.objectContaining({ errno: errnoNumber("EPROTONOSUPPORT") }),
    );
  });

  test("of a group beyond the bit set is refused", () => {
    for (const group of [0, 33]) {
      const groups = [1, group];
      expect(() => listen({ ...nothing, family: NETLINK.route, groups })).toThrow(RangeError);
    }
  });
});
