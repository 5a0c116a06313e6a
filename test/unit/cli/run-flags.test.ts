/** The command line of `run` as kube-proxy's users write it. */
import { Command } from "commander";
import { expect, test } from "vitest";
import { addRunFlags } from "../../../src/cli/run-flags.ts";
import type { Config } from "../../../src/config/config.ts";
import { IGNORED_FLAGS } from "../../../src/config/ignored-settings.ts";
import { loadConfig } from "../../../src/config/load-config.ts";
import { SETTINGS, type Setting } from "../../../src/config/settings.ts";
import { K3S_FLAGS, KOPS_FLAGS } from "../config/kube-proxy-files.ts";

function load(argv: readonly string[]): Promise<Config> {
  const command = addRunFlags(new Command())
    .exitOverride()
    .configureOutput({ writeErr: () => {} });
  const flags = command.parse([...argv], { from: "user" }).opts();
  const readFile = async (): Promise<string> => "";
  return loadConfig(flags, { env: {}, hostname: "node-a", readFile });
}

test("takes the flags that k3s gives kube-proxy", async () => {
  const config = await load(K3S_FLAGS);
  expect(config).toMatchObject({
    source: { kind: "api", kubeconfig: "/var/lib/rancher/k3s/agent/kubeproxy.kubeconfig" },
    nodeName: "k3s-1",
    detectLocal: { mode: "cluster-cidr", ranges: ["10.42.0.0/16", "fd42::/56"] },
    healthz: { host: "127.0.0.1", port: 10_256 },
    ignored: [],
  });
  const { maxPerCore, tcpEstablishedS, tcpCloseWaitS } = config.conntrack;
  expect([maxPerCore, tcpEstablishedS, tcpCloseWaitS]).toEqual([undefined, undefined, undefined]);
});

test("takes the flags that kops gives kube-proxy, lists in parts, and says what has no effect", async () => {
  expect(await load(KOPS_FLAGS)).toMatchObject({
    source: {
      kind: "api",
      kubeconfig: "/var/lib/kube-proxy/kubeconfig",
      master: "https://api.internal.example.com",
    },
    nodeName: "i-0123456789abcdef0",
    scheduler: { scheduler: "lc" },
    minSyncPeriodMs: 5_000,
    auditPeriodMs: 60_000,
    excludeRanges: ["192.0.2.0/24", "198.51.100.0/24"],
    masqueradeAll: true,
    metrics: { host: "0.0.0.0", port: 10_249 },
    bindAddress: "10.0.0.9",
    oomScoreAdj: -998,
    conntrack: { maxPerCore: 131_072 },
    logLevel: "info",
    ignored: [
      "--log-file: it is about the log of a Go program; here every line goes to standard output at once",
    ],
  });
});

test.each([["-v=4"], ["-v4"], ["-v", "4"], ["--v=4"], ["--v", "4"]])(
  "%s %s is a level of the log",
  async (...words) => {
    expect(await load(["--manifests", "/m", ...words])).toMatchObject({ logLevel: "debug" });
  },
);

test("of a flag given twice the last one counts, and a switch needs no value", async () => {
  const words = ["--cluster-cidr=10.0.0.0/8", "--cluster-cidr=11.0.0.0/8"];
  const config = await load(["--masquerade-all", "--manifests=/m", "--init-only=false", ...words]);
  expect(config).toMatchObject({
    masqueradeAll: true,
    initOnly: false,
    detectLocal: { mode: "cluster-cidr", ranges: ["11.0.0.0/8"] },
  });
});

test("every flag that a setting has is an option with a description, and every other one is hidden", () => {
  const { options } = addRunFlags(new Command());
  const settings: readonly Setting[] = Object.values(SETTINGS);
  const ofSettings = settings.flatMap(({ own, kubeProxy }) => [own?.flag, kubeProxy?.flag]);
  const shown = options.filter(({ hidden }) => !hidden);
  expect(shown.map(({ long }) => long).sort()).toEqual(
    ["--config", ...ofSettings.filter((flag) => flag !== undefined)].sort(),
  );
  expect(shown.filter(({ description }) => description === "")).toEqual([]);
  const names = new Set(options.map(({ long }) => long));
  expect(IGNORED_FLAGS.filter(({ flag }) => !names.has(flag))).toEqual([]);
});

test("a list in the file is a list on the command line, and may be given in parts", () => {
  const { options } = addRunFlags(new Command());
  const settings: readonly Setting[] = Object.values(SETTINGS);
  const lists = settings
    .filter(({ type }) => type === "list")
    .flatMap(({ own, kubeProxy }) => [own?.flag, kubeProxy?.flag])
    .filter((flag) => flag !== undefined);
  const joined = options.filter(({ flags }) => flags.endsWith("<list>")).map(({ long }) => long);
  expect(joined.sort()).toEqual(lists.sort());
});
