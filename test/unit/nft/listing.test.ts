/** What a listing of nftables says, in our words; and what is not of our making shows as a difference. */
import { describe, expect, test } from "vitest";
import { filterObjectText } from "../../../src/model/packet-filter.ts";
import { readListing } from "../../../src/nft/listing.ts";

const TABLE = { table: { family: "ip", name: "kube-ipvs", handle: 1 } };

function listing(...objects: readonly object[]): string {
  return JSON.stringify({ nftables: [{ metainfo: { version: "1.0.6" } }, TABLE, ...objects] });
}

function set(name: string, type: unknown, elem: readonly unknown[], comment = "of ours"): object {
  return { set: { family: "ip", table: "kube-ipvs", name, type, elem, comment } };
}

function map(name: string, type: unknown, to: string, elem: readonly unknown[]): object {
  return { map: { family: "ip", table: "kube-ipvs", name, type, map: to, elem, comment: "m" } };
}

function texts(...objects: readonly object[]): readonly string[] {
  return (readListing("ipv4", listing(...objects))?.objects ?? []).map(filterObjectText);
}

const FRONTEND = ["ipv4_addr", "inet_proto", "inet_service"];

describe("elements", () => {
  test("of sets, by address, by parts, and with protocols as names or numbers", () => {
    expect(
      texts(
        set("service-addresses", "ipv4_addr", ["10.96.0.1", "10.96.0.2"]),
        set("masqueraded", FRONTEND, [
          { concat: ["198.51.100.1", "tcp", 80] },
          { concat: ["198.51.100.1", 132, 80] },
          { concat: ["198.51.100.1", 17, 6] },
        ]),
        set("node-port-masqueraded", ["inet_proto", "inet_service"], [{ concat: ["udp", 132] }]),
      ),
    ).toEqual([
      "ip service-addresses { 10.96.0.1 }",
      "ip service-addresses { 10.96.0.2 }",
      "ip masqueraded { 198.51.100.1 . tcp . 80 }",
      "ip masqueraded { 198.51.100.1 . sctp . 80 }",
      "ip masqueraded { 198.51.100.1 . udp . 6 }",
      "ip node-port-masqueraded { udp . 132 }",
    ]);
  });

  test("of maps, with verdicts and with marks", () => {
    const key = (port: number): object => ({ concat: ["10.96.0.1", "tcp", port] });
    expect(
      texts(
        map("no-endpoints", FRONTEND, "verdict", [
          [key(1), { drop: null }],
          [key(2), { goto: { target: "refuse" } }],
        ]),
        map("local-marks", FRONTEND, "mark", [[key(3), 0x6b00a1b2]]),
        set("given-marks", "mark", [0x6b00a1b2]),
      ),
    ).toEqual([
      "ip no-endpoints { 10.96.0.1 . tcp . 1 : drop }",
      "ip no-endpoints { 10.96.0.1 . tcp . 2 : goto refuse }",
      "ip local-marks { 10.96.0.1 . tcp . 3 : 0x6b00a1b2 }",
      "ip given-marks { 0x6b00a1b2 }",
    ]);
  });

  test("with a comment that somebody gave them are still themselves", () => {
    const elem = { elem: { val: "10.96.0.1", comment: "mine" } };
    expect(texts(set("service-addresses", "ipv4_addr", [elem]))).toEqual([
      "ip service-addresses { 10.96.0.1 }",
    ]);
  });

  test("of sets that we do not have are no objects of ours", () => {
    expect(texts(set("somebody-s", "ipv4_addr", ["10.96.0.1"]))).toEqual([]);
  });
});

describe("chains of sources", () => {
  const name = "sources-0000000a";
  const chain = { chain: { family: "ip", table: "kube-ipvs", name, handle: 9 } };
  const rule = (...expr: readonly object[]): object => ({
    rule: { chain: name, handle: 10, expr },
  });
  const from = (right: unknown): object => ({ match: { op: "==", left: {}, right } });
  const pass = { return: null };

  test("give their ranges, an address alone as one of full length", () => {
    const prefix = { prefix: { addr: "10.0.0.0", len: 8 } };
    expect(
      texts(chain, rule(from(prefix), pass), rule(from("192.0.2.1"), pass), rule({ drop: null })),
    ).toEqual([`ip chain ${name} { 10.0.0.0/8, 192.0.2.1/32 }`]);
  });

  test("with a rule of another form differ from all that we would write", () => {
    const [text = ""] = texts(chain, rule({ accept: null }), rule({ drop: null }));
    expect(text).toContain("accept");
  });
});

describe("the fixed part", () => {
  const hooked = {
    chain: { name: "input", type: "filter", hook: "input", prio: 98, policy: "accept" },
  };
  const rule = (handle: number, comment?: string): object => ({
    rule: { chain: "input", handle, ...(comment !== undefined && { comment }), expr: [] },
  });

  test("is told by sets, chains and the comments of rules", () => {
    const found = readListing(
      "ipv4",
      listing(set("hairpin", ["ipv4_addr", "ipv4_addr"], []), hooked, rule(4, "why")),
    );
    expect(found?.outline).toEqual([
      "chain input filter input 98 accept",
      "rule input why",
      "set hairpin ipv4_addr.ipv4_addr  of ours",
    ]);
    expect(found?.handles).toBe("input 4");
  });

  test("is another one with a rule, a chain or a set of somebody else's in it", () => {
    const ours = readListing("ipv4", listing(hooked, rule(4, "why")))?.outline;
    for (const other of [rule(5), set("x", "mark", []), { chain: { name: "x" } }]) {
      expect(readListing("ipv4", listing(hooked, rule(4, "why"), other))?.outline).not.toEqual(
        ours,
      );
    }
  });

  test("has other handles once a rule was replaced by one that looks the same", () => {
    const [before, after] = [4, 7].map((handle) =>
      readListing("ipv4", listing(hooked, rule(handle, "why"))),
    );
    expect(after?.outline).toEqual(before?.outline);
    expect(after?.handles).not.toBe(before?.handles);
  });
});

test("no table is no listing", () => {
  expect(readListing("ipv4", "")).toBeUndefined();
  expect(readListing("ipv4", JSON.stringify({ nftables: [] }))).toBeUndefined();
});

test("what is no JSON is an error that says so", () => {
  expect(() => readListing("ipv4", "table ip kube-ipvs {")).toThrow(
    expect.objectContaining({ code: "UNREADABLE" }),
  );
});
