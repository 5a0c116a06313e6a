/** The forms that single settings take, and the sources that objects may have. */
import { describe, expect, test } from "vitest";
import { parseRange } from "../../../src/model/range.ts";
import { HEADER, load, problems } from "./load.ts";

const FOLDER = { manifests: "/m" };
const IN_CLUSTER = { KUBERNETES_SERVICE_HOST: "10.96.0.1" };

describe("the source", () => {
  test.each`
    flags                                  | file                                    | env           | source
    ${{ manifests: "/m" }}                 | ${""}                                   | ${{}}         | ${{ kind: "manifests", folder: "/m" }}
    ${{ manifests: "/m" }}                 | ${"clientConnection: {kubeconfig: /k}"} | ${IN_CLUSTER} | ${{ kind: "manifests", folder: "/m" }}
    ${{ kubeconfig: "/k" }}                | ${"manifests: /m"}                      | ${{}}         | ${{ kind: "api", kubeconfig: "/k", master: "" }}
    ${{ master: "https://a:6443" }}        | ${"clientConnection: {kubeconfig: /k}"} | ${{}}         | ${{ kind: "api", kubeconfig: "/k", master: "https://a:6443" }}
    ${{ master: "http://127.0.0.1:8080" }} | ${"manifests: /m"}                      | ${{}}         | ${{ kind: "api", kubeconfig: undefined, master: "http://127.0.0.1:8080" }}
    ${{}}                                  | ${""}                                   | ${IN_CLUSTER} | ${{ kind: "api", kubeconfig: undefined, master: "" }}
    ${{ initOnly: true }}                  | ${""}                                   | ${{}}         | ${{ kind: "api", kubeconfig: undefined, master: "" }}
  `("is $source for flags $flags and a file with '$file'", async ({ flags, file, env, source }) => {
    expect(await load({ flags, file: `${HEADER}${file}\n`, env })).toMatchObject({ source });
  });

  test("that a flag overrules is named", async () => {
    const file = `${HEADER}clientConnection: {kubeconfig: /k}\n`;
    expect((await load({ flags: FOLDER, file })).ignored).toEqual([
      "clientConnection.kubeconfig: --manifests says where Services come from",
    ]);
  });

  test.each`
    flags                                    | file  | problem
    ${{}}                                    | ${""} | ${/^--kubeconfig: nothing says where Services come from: .*--kubeconfig FILE.*--manifests DIR.*KUBERNETES_SERVICE_HOST/}
    ${{ manifests: "/m", kubeconfig: "/k" }} | ${""} | ${/^--manifests: two sources are given; leave this or --kubeconfig out$/}
    ${{ manifests: "" }}                     | ${""} | ${/^--manifests: expected a folder of manifests \(--manifests DIR\)$/}
    ${{ master: "10.0.0.1:6443" }}           | ${""} | ${/^--master: expected a URL such as https:\/\/10.0.0.1:6443, found "10.0.0.1:6443"$/}
  `("is refused for $flags", async ({ flags, file, problem }) => {
    const found = await problems({ flags, file: `${HEADER}${file}\n` });
    expect(found).toEqual([expect.stringMatching(problem)]);
  });
});

describe("listening", () => {
  test.each`
    flags                                                                     | healthz                              | metrics
    ${{}}                                                                     | ${{ host: "0.0.0.0", port: 10_256 }} | ${{ host: "127.0.0.1", port: 10_249 }}
    ${{ bindAddress: "::" }}                                                  | ${{ host: "::", port: 10_256 }}      | ${{ host: "::1", port: 10_249 }}
    ${{ healthzBindAddress: "", metricsBindAddress: "none" }}                 | ${undefined}                         | ${undefined}
    ${{ healthzBindAddress: "::1", metricsBindAddress: "1.2.3.4" }}           | ${{ host: "::1", port: 10_256 }}     | ${{ host: "1.2.3.4", port: 10_249 }}
    ${{ healthzBindAddress: "[::1]:1", metricsBindAddress: "1.2.3.4:65535" }} | ${{ host: "::1", port: 1 }}          | ${{ host: "1.2.3.4", port: 65_535 }}
    ${{ healthzPort: "0", metricsPort: "5" }}                                 | ${undefined}                         | ${{ host: "127.0.0.1", port: 5 }}
  `("with $flags is at $healthz and $metrics", async ({ flags, healthz, metrics }) => {
    const config = await load({ flags: { ...FOLDER, ...flags } });
    expect([config.healthz, config.metrics]).toEqual([healthz, metrics]);
  });

  test("an empty address in the file is the default, as kubeadm writes it; none is none", async () => {
    const file = `${HEADER}manifests: /m\nhealthzBindAddress: ""\nmetricsBindAddress: none\n`;
    expect(await load({ file })).toMatchObject({
      healthz: { host: "0.0.0.0", port: 10_256 },
      metrics: undefined,
    });
  });

  test.each(["localhost:80", ":80", "1.2.3.4:0", "1.2.3.4:65536", "::1:x", "[1.2.3.4", "no"])(
    "at %s is refused",
    async (healthzBindAddress) => {
      expect(await problems({ flags: { ...FOLDER, healthzBindAddress } })).toEqual([
        `--healthz-bind-address: expected an address such as 0.0.0.0, 127.0.0.1:10256 or [::1]:10256, or "none", found "${healthzBindAddress}"`,
      ]);
    },
  );
});

describe("node port addresses", () => {
  const selected = { kind: "selected", primary: false };
  test.each`
    text                       | expected
    ${"all"}                   | ${{ kind: "all" }}
    ${"0.0.0.0/0"}             | ${{ kind: "all" }}
    ${"10.0.0.0/8,all"}        | ${{ kind: "all" }}
    ${"primary"}               | ${{ ...selected, primary: true, ranges: [] }}
    ${"primary, localhost"}    | ${{ ...selected, primary: true, ranges: ["127.0.0.0/8", "::1/128"] }}
    ${"0.0.0.0/0,fd00::1/64"}  | ${{ ...selected, ranges: ["fd00::/64"] }}
    ${"10.1.0.0/8,10.0.0.0/8"} | ${{ ...selected, ranges: ["10.0.0.0/8"] }}
    ${"primary,0.0.0.0/0"}     | ${{ ...selected, primary: true, ranges: ["0.0.0.0/0"] }}
  `("$text is $expected", async ({ text, expected }) => {
    const { nodePortAddresses } = await load({ flags: { ...FOLDER, nodeportAddresses: text } });
    expect(nodePortAddresses).toEqual(expected);
  });

  test("a misspelled word is told with the right one", async () => {
    const flags = { ...FOLDER, nodeportAddresses: "primry,10.0.0.0/40" };
    expect(await problems({ flags })).toEqual([
      '--nodeport-addresses: expected ranges such as 10.0.0.0/8, or primary, localhost, all; found "primry" (did you mean primary?)',
      '--nodeport-addresses: expected ranges such as 10.0.0.0/8, or primary, localhost, all; found "10.0.0.0/40"',
    ]);
  });
});

describe("detecting local traffic", () => {
  const ranges = "10.0.0.0/8,fd00::/8";
  test.each`
    flags                                                                         | expected
    ${{}}                                                                         | ${{ mode: "none" }}
    ${{ clusterCidr: "" }}                                                        | ${{ mode: "none" }}
    ${{ clusterCidr: ranges }}                                                    | ${{ mode: "cluster-cidr", ranges: ["10.0.0.0/8", "fd00::/8"] }}
    ${{ detectLocalMode: "NodeCIDR", clusterCidr: ranges }}                       | ${{ mode: "node-cidr" }}
    ${{ detectLocalMode: "BridgeInterface", podBridgeInterface: "cni0" }}         | ${{ mode: "bridge", interface: "cni0" }}
    ${{ detectLocalMode: "InterfaceNamePrefix", podInterfaceNamePrefix: "veth" }} | ${{ mode: "interface-prefix", prefix: "veth" }}
  `("with $flags is $expected", async ({ flags, expected }) => {
    expect((await load({ flags: { ...FOLDER, ...flags } })).detectLocal).toEqual(expected);
  });

  test.each`
    flags                                                                             | problem
    ${{ detectLocalMode: "BridgeInterface" }}                                         | ${"--detect-local-mode: BridgeInterface needs the name of the bridge (detectLocal.bridgeInterface, --pod-bridge-interface)"}
    ${{ detectLocalMode: "InterfaceNamePrefix" }}                                     | ${"--detect-local-mode: InterfaceNamePrefix needs the prefix (detectLocal.interfaceNamePrefix, --pod-interface-name-prefix)"}
    ${{ detectLocalMode: "BridgeInterface", podBridgeInterface: "sixteen-letters-" }} | ${'--pod-bridge-interface: expected a name of at most 15 bytes such as cni0, found "sixteen-letters-"'}
    ${{ clusterCidr: "10.0.0.0/8,fd00::/16,fd01::/16" }}                              | ${'--cluster-cidr: expected one range, or one of IPv4 and one of IPv6, found "10.0.0.0/8,fd00::/16,fd01::/16"'}
  `("with $flags is refused", async ({ flags, problem }) => {
    expect(await problems({ flags: { ...FOLDER, ...flags } })).toEqual([problem]);
  });
});

describe("flags", () => {
  test.each`
    v       | level
    ${"0"}  | ${"info"}
    ${"3"}  | ${"info"}
    ${"4"}  | ${"debug"}
    ${"10"} | ${"trace"}
  `("-v $v is log level $level", async ({ v, level }) => {
    expect(await load({ flags: { ...FOLDER, v } })).toMatchObject({ logLevel: level });
  });

  test.each`
    value        | masqueradeAll
    ${true}      | ${true}
    ${"true"}    | ${true}
    ${"T"}       | ${true}
    ${"false"}   | ${false}
    ${"0"}       | ${false}
    ${undefined} | ${false}
  `("a switch that is $value counts as $masqueradeAll", async ({ value, masqueradeAll }) => {
    expect(await load({ flags: { ...FOLDER, masqueradeAll: value } })).toMatchObject({
      masqueradeAll,
    });
  });

  test("that are empty in a template do not beat the file", async () => {
    const file = `${HEADER}manifests: /m\nclusterCIDR: 10.0.0.0/8\nhostnameOverride: by-file\n`;
    const flags = { clusterCidr: "", hostnameOverride: "" };
    expect(await load({ flags, file })).toMatchObject({
      nodeName: "by-file",
      detectLocal: { mode: "cluster-cidr" },
    });
  });

  test("that ask for something else than to run are refused, each with the way to it", async () => {
    const flags = { ...FOLDER, cleanup: true, writeConfigTo: "/x", version: true };
    expect(await problems({ flags })).toEqual([
      "--cleanup: this version does not remove what it or kube-proxy made; leave the flag out",
      "--write-config-to: there is nothing to write: apiVersion and kind alone are a complete file, and a file of kube-proxy is taken as it is by --config",
      "--version: `kube-ipvs version` prints it",
    ]);
    expect(await load({ flags: { ...FOLDER, cleanup: "false" } })).toMatchObject({ ignored: [] });
  });

  test("that mean nothing here are named, unless they say kube-proxy's default", async () => {
    const flags = { ...FOLDER, configSyncPeriod: "15m0s", kubeApiQps: "50", profiling: "false" };
    expect((await load({ flags })).ignored).toEqual([
      "--kube-api-qps: requests are few (lists in pages, then watches) and are not limited",
    ]);
  });

  test.each`
    flags                             | problem
    ${{ masqueradeAll: "maybe" }}     | ${'--masquerade-all: expected true or false, found "maybe"'}
    ${{ oomScoreAdj: "-1001" }}       | ${'--oom-score-adj: expected a whole number of -1000 to 1000, found "-1001"'}
    ${{ conntrackMin: "1e3" }}        | ${'--conntrack-min: expected a whole number of 0 to 2147483647, found "1e3"'}
    ${{ v: "loud" }}                  | ${'--v: expected a whole number such as 2, found "loud"'}
    ${{ loggingFormat: "xml" }}       | ${'--logging-format: expected text or json, found "xml"'}
    ${{ externalIpCidrs: "1.2.3.4" }} | ${'--external-ip-cidrs: expected ranges such as 10.0.0.0/8 or fd00::/8, found "1.2.3.4" (a prefix length is missing)'}
    ${{ bindAddress: "eth0" }}        | ${'--bind-address: expected an IP address such as 0.0.0.0 or ::, found "eth0"'}
    ${{ ipvsSyncPeriod: "0s" }}       | ${'--ipvs-sync-period: expected a duration of 1000 to 2147483647 milliseconds such as 30s or 1m30s, found "0s"'}
  `("$flags is refused", async ({ flags, problem }) => {
    expect(await problems({ flags: { ...FOLDER, ...flags } })).toEqual([problem]);
  });
});

test.each`
  text                      | range
  ${"10.0.0.0/8"}           | ${"10.0.0.0/8"}
  ${"10.1.2.3/8"}           | ${"10.0.0.0/8"}
  ${"10.255.255.255/31"}    | ${"10.255.255.254/31"}
  ${"1.2.3.4/32"}           | ${"1.2.3.4/32"}
  ${"255.1.1.1/0"}          | ${"0.0.0.0/0"}
  ${"FD00::1/8"}            | ${"fd00::/8"}
  ${"fd00:10:244:1ff::/56"} | ${"fd00:10:244:100::/56"}
  ${"::/0"}                 | ${"::/0"}
  ${"10.0.0.0"}             | ${undefined}
  ${"10.0.0.0/33"}          | ${undefined}
  ${"10.0.0.0/"}            | ${undefined}
  ${"10.0.0/8"}             | ${undefined}
  ${"fd00::/129"}           | ${undefined}
  ${"::ffff:10.0.0.0/104"}  | ${undefined}
  ${"10.0.0.0/8/8"}         | ${undefined}
  ${"/8"}                   | ${undefined}
`("the range $text is $range", ({ text, range }) => {
  expect(parseRange(text)).toBe(range);
});
