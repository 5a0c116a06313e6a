/** Settings from flags, environment and file: who wins, and how mistakes are told. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { checkFlags, withDashes } from "../../../src/config/check-flags.ts";
import { HEADER, load, problems, problemText } from "./load.ts";

describe("loadConfig", () => {
  test("needs no more than a folder", async () => {
    expect(await load({ flags: { manifests: "/m" } })).toMatchObject({
      source: { kind: "manifests", folder: "/m" },
      nodeName: "node-a",
      scheduler: { scheduler: "rr", schedulerFlags: [] },
      drainTimeoutMs: 30_000,
      minSyncPeriodMs: 10,
      auditPeriodMs: 30_000,
      logLevel: "info",
      logFormat: "auto",
      statusSocket: "/run/kube-ipvs/agent.sock",
    });
  });

  test("takes the example of README.md as it is", async () => {
    const readme = readFileSync(join(import.meta.dirname, "../../../README.md"), "utf8");
    const [, example = ""] = readme.match(/\n((?: {4}.*\n)+)\n`kube-ipvs run --config FILE`/) ?? [];
    const file = example.replace(/^ {4}/gm, "");
    expect(await load({ file })).toMatchObject({
      source: { kind: "api", kubeconfig: "/etc/kube-ipvs/kubeconfig.yaml" },
      nodeName: "node-1",
      drainTimeoutMs: 30_000,
    });
  });

  test("takes every setting from a file, also from one in JSON", async () => {
    const settings = {
      manifests: "/m",
      nodeName: "n1",
      scheduler: { default: "sh", flags: ["sh-port", "sh-fallback"] },
      drainTimeout: "1m30s",
      minSyncPeriod: "1s",
      auditPeriod: "1m",
      logLevel: "debug",
      logFormat: "json",
      statusSocket: "/tmp/s",
    };
    const header = { apiVersion: "kube-ipvs.io/v1alpha1", kind: "KubeIpvsConfiguration" };
    expect(await load({ file: JSON.stringify({ ...header, ...settings }) })).toMatchObject({
      source: { kind: "manifests", folder: "/m" },
      nodeName: "n1",
      scheduler: { scheduler: "sh", schedulerFlags: ["flag-1", "flag-2"] },
      drainTimeoutMs: 90_000,
      minSyncPeriodMs: 1_000,
      auditPeriodMs: 60_000,
      logLevel: "debug",
      logFormat: "json",
      statusSocket: "/tmp/s",
    });
  });

  test("lets a flag beat the file, and the file beat the default", async () => {
    const file = `${HEADER}manifests: /file\nlogLevel: warn\nscheduler: {default: lc}\n`;
    expect(await load({ file, flags: { manifests: "/flag" } })).toMatchObject({
      source: { kind: "manifests", folder: "/flag" },
      logLevel: "warn",
      scheduler: { scheduler: "lc" },
    });
  });

  test.each`
    flag         | file         | env          | name
    ${"By-Flag"} | ${"by-file"} | ${"by-env"}  | ${"by-flag"}
    ${undefined} | ${"By-File"} | ${"by-env"}  | ${"by-file"}
    ${undefined} | ${undefined} | ${" By-Env"} | ${"by-env"}
    ${undefined} | ${undefined} | ${undefined} | ${"node-a"}
    ${undefined} | ${undefined} | ${""}        | ${"node-a"}
  `(
    "calls the node $name with flag $flag, file $file, NODE_NAME $env",
    async ({ flag, file, env, name }) => {
      const given = {
        flags: { manifests: "/m", nodeName: flag },
        file: `${HEADER}${file === undefined ? "" : `nodeName: ${file}\n`}`,
        env: env === undefined ? {} : { NODE_NAME: env },
      };
      expect(await load(given)).toMatchObject({ nodeName: name });
    },
  );

  test("tells all mistakes at once, each with its place and the nearest right word", async () => {
    const file = `${HEADER}manifests: 5
schedular:
  default: rr
scheduler:
  defualt: rr
drainTimeout: 30
logLevel: wran
auditPeriod: 1ms
banana: 1
`;
    expect(
      await problems({ file, flags: { scheduler: "wrrr", logFormat: "xml", statusSocket: "s" } }),
    ).toEqual([
      "kube-ipvs.yaml:3: manifests: expected a text, found 5 (write it in quotes, a duration with its unit)",
      "kube-ipvs.yaml:4: schedular: unknown field schedular: did you mean scheduler?",
      "kube-ipvs.yaml:7: scheduler.defualt: unknown field defualt: did you mean default?",
      "kube-ipvs.yaml:8: drainTimeout: expected a text, found 30 (write it in quotes, a duration with its unit)",
      "kube-ipvs.yaml:11: banana: unknown field banana",
      "--kubeconfig: nothing says where Services come from: give a kubeconfig (--kubeconfig FILE, or clientConnection.kubeconfig), or a folder of manifests (--manifests DIR), or run in a pod of the cluster (where KUBERNETES_SERVICE_HOST is set)",
      "--scheduler: unknown scheduler wrrr (did you mean wrr?); one of rr, wrr, lc, wlc, lblc, lblcr, dh, sh, mh, sed, nq, fo, ovf, twos",
      'kube-ipvs.yaml:10: auditPeriod: expected a duration of 1000 to 2147483647 milliseconds such as 30s or 1m30s, found "1ms"',
      'kube-ipvs.yaml:9: logLevel: expected one of trace, debug, info, warn, error, fatal, silent, found "wran" (did you mean warn?)',
      '--log-format: expected one of auto, pretty, json, found "xml"',
      '--status-socket: expected an absolute path of at most 107 bytes, found "s"',
    ]);
  });

  test.each`
    file                                                                                    | problem
    ${"a: [\n"}                                                                             | ${/^kube-ipvs.yaml:1: is no YAML: /}
    ${""}                                                                                   | ${"kube-ipvs.yaml: expected apiVersion: kube-ipvs.io/v1alpha1 and kind: KubeIpvsConfiguration, or apiVersion: kubeproxy.config.k8s.io/v1alpha1 and kind: KubeProxyConfiguration"}
    ${"apiVersion: v1\nkind: KubeIpvsConfiguraton\n"}                                       | ${'kube-ipvs.yaml:2: kind: expected KubeIpvsConfiguration or KubeProxyConfiguration, found "KubeIpvsConfiguraton" (did you mean KubeIpvsConfiguration?)'}
    ${"kind: KubeIpvsConfiguration\n"}                                                      | ${"kube-ipvs.yaml:1: apiVersion: expected kube-ipvs.io/v1alpha1, found nothing"}
    ${"apiVersion: kubeproxy.config.k8s.io/v1\nkind: KubeProxyConfiguration\nmode: ipvs\n"} | ${'kube-ipvs.yaml:1: apiVersion: expected kubeproxy.config.k8s.io/v1alpha1, found "kubeproxy.config.k8s.io/v1" (did you mean kubeproxy.config.k8s.io/v1alpha1?)'}
    ${"apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfig\nmode: ipvs\n"}  | ${'kube-ipvs.yaml:2: kind: expected KubeIpvsConfiguration or KubeProxyConfiguration, found "KubeProxyConfig"'}
    ${`${HEADER}scheduler: rr\n`}                                                           | ${'kube-ipvs.yaml:3: scheduler: expected fields, found "rr"'}
    ${`${HEADER}scheduler: {default: sh, flags: [sh-prot]}\n`}                              | ${"kube-ipvs.yaml:3: scheduler.flags: unknown scheduler flag sh-prot (did you mean sh-port?); one of sh-fallback, sh-port, mh-fallback, mh-port"}
    ${`${HEADER}scheduler: {default: rr, flags: [sh-port]}\n`}                              | ${"kube-ipvs.yaml:3: scheduler.flags: sh-port is a flag of the scheduler sh, and the default is rr"}
    ${`${HEADER}nodeName: a/b\n`}                                                           | ${'kube-ipvs.yaml:3: nodeName: expected letters, digits, "-" and ".", found "a/b" (--node-name NAME sets it)'}
  `("refuses a file with $file", async ({ file, problem }) => {
    const found = await problems({ file, flags: { manifests: "/m" } });
    expect(found).toContainEqual(
      typeof problem === "string" ? problem : expect.stringMatching(problem),
    );
  });

  test("says why a file cannot be read, and still finds the mistakes in the flags", async () => {
    const found = await problems({
      flags: { config: "/no", manifests: "/m", drainTimeout: "soon" },
    });
    expect(found).toEqual([
      "--config: /no cannot be read: no such file",
      '--drain-timeout: expected a duration such as 30s or 1m30s, found "soon"',
    ]);
  });
});

test("names of flags are taken with _ for -, as kube-proxy takes them; values stay as they are", () => {
  const argv = [
    "run",
    "--add_dir_header",
    "--ipvs_scheduler=a_b",
    "--node-name",
    "n_1",
    "--",
    "--a_b",
  ];
  expect(withDashes(argv)).toEqual([
    ...["run", "--add-dir-header", "--ipvs-scheduler=a_b", "--node-name", "n_1", "--", "--a_b"],
  ]);
});

describe("checkFlags", () => {
  const known = [
    { flag: "--manifests", value: "needed" },
    { flag: "--log-level", value: "needed" },
    { flag: "--verbose", value: "none" },
    { flag: "-o", value: "needed" },
    { flag: "--switch", value: "optional" },
  ] as const;

  test.each`
    argv                                              | expected
    ${["--manifests", "/m", "-o", "json"]}            | ${[]}
    ${["--manifests=/m", "--verbose"]}                | ${[]}
    ${["--manifest", "/m", "--log-levle=x", "--xyz"]} | ${["--manifest: unknown flag (did you mean --manifests?)", "--log-levle: unknown flag (did you mean --log-level?)", "--xyz: unknown flag"]}
    ${["--manifests"]}                                | ${["--manifests: needs a value"]}
    ${["--manifests", "--verbose"]}                   | ${["--manifests: needs a value"]}
    ${["--verbose=1"]}                                | ${["--verbose: takes no value"]}
    ${["--log-level=-1"]}                             | ${[]}
    ${["--log-level", "-1"]}                          | ${[]}
    ${["--", "--nonsense"]}                           | ${[]}
    ${["word", "-"]}                                  | ${[]}
    ${["--switch", "--switch=false", "--verbose"]}    | ${[]}
    ${["-ojson", "-o=json"]}                          | ${[]}
    ${["-p5"]}                                        | ${["-p5: unknown flag"]}
  `("finds $expected in $argv", ({ argv, expected }) => {
    expect(checkFlags(argv, known).map(problemText)).toEqual(expected);
  });
});
