/** The fixed part of our tables, as a person would read it on a node. */
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { FilterSettings } from "../../../src/nft/packet-filter.ts";
import { baseOf, baseScript, outlineOf, podRangesScript } from "../../../src/nft/ruleset.ts";

const RANGES: FilterSettings = {
  masqueradeBit: 14,
  masqueradeAll: false,
  localClients: { kind: "ranges", ranges: ["10.1.0.0/16", "fd00:1::/48"] },
};

/** One for each thing that makes other rules. */
const SETTINGS: readonly (readonly [name: string, settings: FilterSettings])[] = [
  ["ranges", RANGES],
  ["masquerade-all", { ...RANGES, masqueradeAll: true, masqueradeBit: 31 }],
  ["interface", { ...RANGES, localClients: { kind: "interface", name: "cni0" } }],
  ["no-local-clients", { ...RANGES, localClients: { kind: "none" } }],
];

describe("the fixed part", () => {
  for (const [name, settings] of SETTINGS) {
    for (const family of ["ipv4", "ipv6"] as const) {
      test(`for ${name} in ${family} is what stands in rulesets/${name}-${family}.nft`, async () => {
        const script = baseScript(baseOf(family, settings));
        const file = join(import.meta.dirname, "rulesets", `${name}-${family}.nft`);
        await expect(script).toMatchFileSnapshot(file);
      });
    }
  }

  test("has a comment that fits into the kernel's 128 bytes on every set and every rule", () => {
    const lines = baseScript(baseOf("ipv6", RANGES)).split("\n");
    const comments = lines.map((line) => /comment "([^"]*)"/.exec(line)?.[1] ?? "");
    expect(comments.filter((comment) => Buffer.byteLength(comment) >= 128)).toEqual([]);
    const rules = lines.filter((line) => /^ {4}(?!type|flags|comment)\S/.test(line));
    expect(rules.length).toBeGreaterThan(20);
    expect(rules.filter((line) => !line.includes("comment"))).toEqual([]);
  });

  test("differs in its outline wherever its rules differ, ranges of pods aside", () => {
    const outlines = SETTINGS.map(([, settings]) => outlineOf(baseOf("ipv4", settings)).join("\n"));
    expect(new Set(outlines).size).toBe(SETTINGS.length);
    const others = {
      ...RANGES,
      localClients: { kind: "ranges", ranges: ["10.2.0.0/16", "fd00:2::/48"] },
    } as const;
    expect(outlineOf(baseOf("ipv4", others))).toEqual(outlineOf(baseOf("ipv4", RANGES)));
  });

  test("takes away no mark but one that it gave", () => {
    for (const family of ["ipv4", "ipv6"] as const) {
      const lines = baseScript(baseOf(family, RANGES)).split("\n");
      const setting = lines.filter((line) => line.includes("meta mark set"));
      const others = setting.filter(
        (line) => !/set [^@]+ map @(node-port-)?local-marks /.test(line),
      );
      expect(others.map((line) => line.trim().split(" comment")[0])).toEqual([
        "meta mark @given-marks meta mark set 0x00000000",
        "meta mark @given-marks meta mark set 0x00000000",
        "meta mark & 0x00004000 == 0x00004000 meta mark set meta mark ^ 0x00004000 masquerade fully-random",
      ]);
    }
  });

  test("settles where a frontend's connections go before rules of others are asked", () => {
    const { chains } = baseOf("ipv6", RANGES);
    for (const hook of ["prerouting", "output"]) {
      const [chain] = chains.filter((one) => one.hook?.type === "nat" && one.hook.hook === hook);
      expect(chain?.hook?.priority).toBeLessThan(-100);
      expect(chain?.rules.map(({ text }) => text)).toEqual([
        "ip6 daddr @service-addresses dnat to ip6 daddr",
        "ip6 daddr . meta l4proto . th dport @masqueraded dnat to ip6 daddr",
        "ip6 daddr . meta l4proto . th dport @keep-source dnat to ip6 daddr",
      ]);
    }
  });

  test("gets other ranges of pods without anything else being touched", () => {
    expect(podRangesScript(baseOf("ipv4", RANGES))).toBe(
      "flush set ip kube-ipvs pod-ranges\nadd element ip kube-ipvs pod-ranges { 10.1.0.0/16 }\n",
    );
    const none = { ...RANGES, localClients: { kind: "ranges", ranges: ["10.1.0.0/16"] } } as const;
    expect(podRangesScript(baseOf("ipv6", none))).toBe("flush set ip6 kube-ipvs pod-ranges\n");
  });
});
