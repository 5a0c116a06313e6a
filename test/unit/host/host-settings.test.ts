/** Settings of the configuration: which values follow from it, and that they end up in their files. */
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import {
  type ConntrackLimits,
  conntrackMax,
  conntrackModuleSettings,
  conntrackSysctls,
} from "../../../src/host/conntrack-wishes.ts";
import { applyHostSettings } from "../../../src/host/host-settings.ts";
import type { SysctlWish } from "../../../src/host/sysctl.ts";
import { sysctlWishes } from "../../../src/host/sysctl-wishes.ts";

const NOTHING: ConntrackLimits = {
  maxPerCore: undefined,
  min: 131_072,
  tcpEstablishedS: undefined,
  tcpCloseWaitS: undefined,
  tcpBeLiberal: undefined,
  udpS: undefined,
  udpStreamS: undefined,
};

const ALL: ConntrackLimits = {
  maxPerCore: 32_768,
  min: 131_072,
  tcpEstablishedS: 86_400,
  tcpCloseWaitS: 3_600,
  tcpBeLiberal: true,
  udpS: 30,
  udpStreamS: 120,
};

function texts(wishes: readonly SysctlWish[]): string[] {
  return wishes.map(({ name, value }) => `${name}=${value}`);
}

describe("the size of the connection tracking table", () => {
  test.each`
    maxPerCore | min          | cpuCount | max
    ${32_768}  | ${131_072}   | ${8}     | ${262_144}
    ${32_768}  | ${131_072}   | ${2}     | ${131_072}
    ${32_768}  | ${131_072}   | ${128}   | ${1_048_576}
    ${32_768}  | ${2_000_000} | ${128}   | ${2_000_000}
    ${1}       | ${0}         | ${3}     | ${3}
  `("is $max for $cpuCount times $maxPerCore, at least $min", ({ max, cpuCount, ...limits }) => {
    expect(conntrackMax(limits, cpuCount)).toBe(max);
  });

  test("is left alone without a size per processor, and so are the buckets", () => {
    expect(conntrackMax(NOTHING, 8)).toBeUndefined();
    expect(conntrackModuleSettings(NOTHING, 8)).toEqual([]);
  });

  test("has a bucket for four entries at least", () => {
    const [buckets] = conntrackModuleSettings(ALL, 8);
    expect(buckets).toMatchObject({ value: "65536", atLeast: true });
  });
});

test("each setting of connection tracking has its file, and what is not set has none", () => {
  expect(conntrackSysctls(NOTHING, 8)).toEqual([]);
  expect(texts(conntrackSysctls(ALL, 8))).toEqual([
    "net/netfilter/nf_conntrack_max=262144",
    "net/netfilter/nf_conntrack_tcp_timeout_established=86400",
    "net/netfilter/nf_conntrack_tcp_timeout_close_wait=3600",
    "net/netfilter/nf_conntrack_tcp_be_liberal=1",
    "net/netfilter/nf_conntrack_udp_timeout=30",
    "net/netfilter/nf_conntrack_udp_timeout_stream=120",
  ]);
});

test("strict ARP adds its two settings", () => {
  const names = texts(sysctlWishes("6.1.0", { strictArp: true }));
  expect(names.slice(-2)).toEqual([
    "net/ipv4/conf/all/arp_ignore=1",
    "net/ipv4/conf/all/arp_announce=2",
  ]);
  expect(texts(sysctlWishes("6.1.0"))).toEqual(names.slice(0, -2));
});

describe("all settings together", () => {
  let root: string;

  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), "settings-"));
  });
  afterEach(() => rm(root, { recursive: true }));

  async function put(name: string, text: string): Promise<void> {
    await mkdir(dirname(join(root, name)), { recursive: true });
    await writeFile(join(root, name), text);
  }

  const roots = (): Parameters<typeof applyHostSettings>[1] => ({
    sysctl: root,
    module: join(root, "module"),
    process: join(root, "process"),
  });
  const HASH = "module/nf_conntrack/parameters/hashsize";

  test("are written where they differ, and buckets only where there are fewer", async () => {
    const wishes = [...sysctlWishes("6.1.0", { strictArp: true }), ...conntrackSysctls(ALL, 8)];
    for (const { name } of wishes) await put(name, "7\n");
    await put("net/netfilter/nf_conntrack_max", "262144\n");
    await put(HASH, "16384\n");
    await put("process/oom_score_adj", "0\n");
    const settings = {
      ...{ release: "6.1.0", cpuCount: 8, strictArp: true },
      ...{ conntrack: ALL, oomScoreAdj: -999 },
    };

    const results = await applyHostSettings(settings, roots());

    const kept = results.filter(({ outcome }) => outcome === "kept").map(({ name }) => name);
    expect(kept).toEqual(["net/netfilter/nf_conntrack_max"]);
    expect(results.filter(({ outcome }) => outcome === "failed")).toEqual([]);
    expect(await readFile(join(root, HASH), "utf8")).toBe("65536");
    expect(await readFile(join(root, "process/oom_score_adj"), "utf8")).toBe("-999");
    for (const { name, value } of wishes) {
      expect((await readFile(join(root, name), "utf8")).trim()).toBe(value);
    }

    await put(HASH, "262144\n");
    const again = await applyHostSettings(settings, roots());
    expect(again.filter(({ outcome }) => outcome !== "kept")).toEqual([]);
    expect(await readFile(join(root, HASH), "utf8")).toBe("262144\n");
  });

  test("that cannot be written are failed results, and the others go on", async () => {
    await put("process/oom_score_adj", "0");
    const results = await applyHostSettings(
      { release: "6.1.0", cpuCount: 8, strictArp: false, conntrack: ALL, oomScoreAdj: 5 },
      roots(),
    );
    expect(results.at(-2)).toMatchObject({
      name: "nf_conntrack/parameters/hashsize",
      outcome: "failed",
    });
    expect(results.at(-1)).toMatchObject({ name: "oom_score_adj", outcome: "written" });
  });
});
