/** A KubeProxyConfiguration as clusters have it: what is taken from it, and what is said to be ignored. */
import { readFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { ALL_SET, KUBEADM, WRITTEN_DEFAULTS } from "./kube-proxy-files.ts";
import { HEADER, load, problems } from "./load.ts";

const PROXY_HEADER =
  "apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\nclientConnection: {kubeconfig: /k}\n";

/** What a node gets when nobody set anything. */
const DEFAULTS = {
  nodeName: "node-a",
  scheduler: { scheduler: "rr", schedulerFlags: [] },
  drainTimeoutMs: 30_000,
  minSyncPeriodMs: 10,
  auditPeriodMs: 30_000,
  detectLocal: { mode: "none" },
  masqueradeBit: 14,
  masqueradeAll: false,
  nodePortAddresses: { kind: "all" },
  externalRanges: [],
  excludeRanges: [],
  strictArp: false,
  ipvsTimeouts: { tcpS: 0, tcpFinS: 0, udpS: 0 },
  conntrack: {
    maxPerCore: 32_768,
    min: 131_072,
    tcpEstablishedS: 86_400,
    tcpCloseWaitS: 3_600,
    tcpBeLiberal: undefined,
    udpS: undefined,
    udpStreamS: undefined,
  },
  bindAddress: undefined,
  healthz: { host: "0.0.0.0", port: 10_256 },
  metrics: { host: "127.0.0.1", port: 10_249 },
  bindAddressHardFail: false,
  oomScoreAdj: -999,
  initOnly: false,
  logLevel: "info",
  logFormat: "auto",
  statusSocket: "/run/kube-ipvs/agent.sock",
  ignored: [],
};

describe("a KubeProxyConfiguration", () => {
  test("of kubeadm gives kube-proxy's defaults for all that is zero or null, and nothing to say", async () => {
    expect(await load({ file: KUBEADM })).toEqual({
      ...DEFAULTS,
      source: { kind: "api", kubeconfig: "/var/lib/kube-proxy/kubeconfig.conf", master: "" },
      detectLocal: { mode: "cluster-cidr", ranges: ["10.244.0.0/16", "fd00:10:244::/56"] },
      strictArp: true,
    });
  });

  test("with every default written out is the same as an empty one, and nothing to say", async () => {
    expect(await load({ file: WRITTEN_DEFAULTS })).toEqual({
      ...DEFAULTS,
      source: { kind: "api", kubeconfig: "/etc/kubeconfig", master: "" },
    });
  });

  const ALL_VALUES = {
    ...DEFAULTS,
    source: { kind: "api", kubeconfig: "/k", master: "" },
    nodeName: "node-7",
    scheduler: { scheduler: "wlc", schedulerFlags: [] },
    minSyncPeriodMs: 2_000,
    auditPeriodMs: 60_000,
    detectLocal: { mode: "bridge", interface: "cni0" },
    masqueradeBit: 0,
    masqueradeAll: true,
    nodePortAddresses: {
      kind: "selected",
      primary: true,
      ranges: ["10.0.0.0/8"],
    },
    excludeRanges: ["192.0.2.0/24", "fd01::/64"],
    strictArp: true,
    ipvsTimeouts: { tcpS: 900, tcpFinS: 10, udpS: 1 },
    conntrack: {
      maxPerCore: undefined,
      min: 5,
      tcpEstablishedS: 7_200,
      tcpCloseWaitS: undefined,
      tcpBeLiberal: true,
      udpS: 90,
      udpStreamS: 120,
    },
    bindAddress: "fd00::5",
    healthz: { host: "::1", port: 9_999 },
    metrics: { host: "10.0.0.1", port: 10_249 },
    bindAddressHardFail: true,
    oomScoreAdj: 0,
    logLevel: "debug",
    logFormat: "json",
  };

  test("sets every field that the IPVS mode has", async () => {
    expect(await load({ file: ALL_SET })).toEqual(ALL_VALUES);
  });

  test("says the same as a KubeIpvsConfiguration with these fields", async () => {
    const file = ALL_SET.replace("kubeproxy.config.k8s.io", "kube-ipvs.io").replace(
      "KubeProxyConfiguration",
      "KubeIpvsConfiguration",
    );
    expect(await load({ file })).toEqual(ALL_VALUES);
  });

  test("with what means nothing here says so, field by field", async () => {
    const file = `${PROXY_HEADER}configSyncPeriod: 10m
enableProfiling: true
featureGates: {KubeProxyIPVS: true}
iptables: {syncPeriod: 1m, localhostNodePorts: false}
nftables: {masqueradeBit: 14, syncPeriod: 2m}
logging: {flushFrequency: 1s, vmodule: [{filePattern: a, verbosity: 4}]}
portRange: 1-2
`;
    const { ignored } = await load({ file });
    const belongs = "it belongs to another mode, kube-proxy's IPVS mode does not read it either";
    const log =
      "it is about the log of a Go program; here every line goes to standard output at once";
    expect(ignored).toEqual([
      "configSyncPeriod: nothing has to be told again by the clock: watches do not stop, and an audit compares the kernel",
      "enableProfiling: there is no Go profile; Node's own inspector serves instead (NODE_OPTIONS=--inspect)",
      "featureGates: there are no feature gates",
      `iptables.syncPeriod: ${belongs}`,
      `nftables.syncPeriod: ${belongs}`,
      `logging.flushFrequency: ${log}`,
      `logging.vmodule: ${log}`,
      "portRange: it means nothing since kube-proxy has no userspace mode",
    ]);
  });

  test("with unknown fields is taken, and they are named with the nearest right word", async () => {
    const file = `${PROXY_HEADER}nodePortAdresses: [10.0.0.0/8]
resourceContainer: /x
externalIPCIDRs: [10.0.0.0/8]
ipvs: {shceduler: lc}
`;
    expect(await load({ file })).toMatchObject({
      nodePortAddresses: { kind: "all" },
      ignored: [
        "nodePortAdresses: unknown field: did you mean nodePortAddresses?",
        "resourceContainer: unknown field",
        "externalIPCIDRs: only a KubeIpvsConfiguration has this field",
        "ipvs.shceduler: unknown field: did you mean scheduler?",
      ],
    });
  });

  test("with values of the wrong type or out of range is refused, all of it at once", async () => {
    const file = `${PROXY_HEADER}mode: nftables
oomScoreAdj: "5"
masqueradeAll: true
iptables: {masqueradeBit: 32, masqueradeAll: "yes"}
ipvs: {minSyncPeriod: 2m, excludeCIDRs: [10.0.0.0], tcpTimeout: -1s, scheduler: leastconn}
nodePortAddresses: [5]
conntrack: {min: 1.5, udpTimeout: 5}
detectLocal: here
clusterCIDR: 10.0.0.0/8,11.0.0.0/8
detectLocalMode: BrigdeInterface
`;
    expect(await problems({ file })).toEqual([
      'kube-ipvs.yaml:5: oomScoreAdj: expected a whole number, found "5" (write it without quotes)',
      'kube-ipvs.yaml:7: iptables.masqueradeAll: expected true or false, found "yes" (write it without quotes)',
      "kube-ipvs.yaml:9: nodePortAddresses: expected a list of texts, found [5]",
      "kube-ipvs.yaml:10: conntrack.min: expected a whole number, found 1.5",
      "kube-ipvs.yaml:10: conntrack.udpTimeout: expected a text, found 5 (write it in quotes, a duration with its unit)",
      'kube-ipvs.yaml:11: detectLocal: expected fields, found "here"',
      "kube-ipvs.yaml:4: mode: expected ipvs or nothing, found \"nftables\": kube-ipvs does the work of kube-proxy's IPVS mode, other modes stay kube-proxy's",
      "kube-ipvs.yaml:8: ipvs.scheduler: unknown scheduler leastconn; one of rr, wrr, lc, wlc, lblc, lblcr, dh, sh, mh, sed, nq, fo, ovf, twos",
      'kube-ipvs.yaml:8: ipvs.minSyncPeriod: expected at most auditPeriod, which is 30s, found "2m"',
      'kube-ipvs.yaml:13: detectLocalMode: expected one of ClusterCIDR, NodeCIDR, BridgeInterface, InterfaceNamePrefix, found "BrigdeInterface" (did you mean BridgeInterface?)',
      'kube-ipvs.yaml:12: clusterCIDR: expected one range, or one of IPv4 and one of IPv6, found "10.0.0.0/8,11.0.0.0/8"',
      'kube-ipvs.yaml:7: iptables.masqueradeBit: expected a whole number of 0 to 31, found "32"',
      'kube-ipvs.yaml:8: ipvs.excludeCIDRs: expected ranges such as 10.0.0.0/8 or fd00::/8, found "10.0.0.0" (a prefix length is missing)',
      'kube-ipvs.yaml:8: ipvs.tcpTimeout: expected a duration such as 30s or 1m30s, found "-1s"',
    ]);
  });

  test("that kube-proxy starts with and warns of is taken, and what was read leniently is said", async () => {
    const file = `${PROXY_HEADER}ipvs: {strictARP: yes, syncPeriod: 500ms}
mode: iptables
mode: ipvs
masqueradeAll: true
---
kind: Other
`;
    expect(await load({ file })).toMatchObject({
      strictArp: true,
      auditPeriodMs: 1_000,
      ignored: [
        "kube-ipvs.yaml:6: Map keys must be unique: read as kube-proxy does",
        "masqueradeAll: unknown field",
      ],
    });
  });

  test("does not hide the mistake behind a value of a megabyte", async () => {
    const [problem] = await problems({ file: `${PROXY_HEADER}bindAddress: ${"x".repeat(1e6)}\n` });
    expect(problem).toMatch(/^kube-ipvs.yaml:4: bindAddress: expected an IP address .{1,200}$/);
  });
});

describe("a KubeIpvsConfiguration", () => {
  test("has kube-proxy's fields and its own, and its own name for a thing counts", async () => {
    const file = `${HEADER}clientConnection: {kubeconfig: /k}
externalIPCIDRs: [198.51.100.7/24]
scheduler: {default: mh}
ipvs: {scheduler: lc}
minSyncPeriod: 0s
logLevel: warn
logging: {verbosity: 4}
`;
    expect(await load({ file })).toMatchObject({
      externalRanges: ["198.51.100.0/24"],
      scheduler: { scheduler: "mh" },
      minSyncPeriodMs: 0,
      logLevel: "warn",
      ignored: [
        "ipvs.scheduler: scheduler.default sets the same, and counts",
        "logging.verbosity: logLevel sets the same, and counts",
      ],
    });
  });

  test("of deploy/ is taken as it is", async () => {
    const file = await readFile(
      new URL("../../../deploy/base/config.yaml", import.meta.url),
      "utf8",
    );
    expect(await load({ file })).toMatchObject({ source: { kind: "api" }, ignored: [] });
  });

  test("is refused where kube-proxy's kind is only warned of", async () => {
    const file = `${HEADER}manifests: /m\nclusterCidr: 10.0.0.0/8\n`;
    expect(await problems({ file })).toEqual([
      "kube-ipvs.yaml:4: clusterCidr: unknown field clusterCidr: did you mean clusterCIDR?",
    ]);
  });
});
