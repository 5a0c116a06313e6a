/** What is scraped: kube-proxy's names and ours, with few series. */

import { setTimeout as wait } from "node:timers/promises";
import { register } from "prom-client";
import { expect, test } from "vitest";
import { EVENT_LOOP_SAMPLE_MS } from "../../../src/observe/event-loop-delay.ts";
import { type Counts, Metrics } from "../../../src/observe/metrics.ts";

const COUNTS: Counts = {
  held: {
    virtualServices: { ipv4: 7, ipv6: 2 },
    destinations: { ipv4: 20, ipv6: 4 },
    addresses: { ipv4: 5, ipv6: 1 },
    filterObjects: { ipv4: 30, ipv6: 3 },
    services: 6,
    drains: 1,
    refusals: 2,
    sourceProblems: 3,
    isPictureComplete: true,
  },
  noLocalEndpoints: [{ policy: "external", family: "ipv4", services: 4 }],
};

const BUILD = { version: "1.2.3", node: "v20.19.0", kernel: "6.1.0" };

function dualStack(): Metrics {
  return new Metrics({ families: ["ipv4", "ipv6"], build: BUILD });
}

/** The lines of one metric, without help and type. */
async function series(metrics: Metrics, name: string, counts = COUNTS): Promise<string[]> {
  const { body } = await metrics.page(counts);
  return body
    .split("\n")
    .filter(
      (line) => line === name || (/[ {]/.test(line[name.length] ?? "") && line.startsWith(name)),
    );
}

test("kube-proxy's metrics are there from the start, so that an alert on them is not silent", async () => {
  const { body, contentType } = await dualStack().page(COUNTS);
  expect(contentType).toBe("text/plain; version=0.0.4; charset=utf-8");
  const names = [...body.matchAll(/^# TYPE (kubeproxy_\w+) (\w+)$/gm)].map(
    ([, name, type]) => `${name} ${type}`,
  );
  expect(names.sort()).toEqual([
    "kubeproxy_conntrack_reconciler_deleted_entries_total counter",
    "kubeproxy_conntrack_reconciler_sync_duration_seconds histogram",
    "kubeproxy_network_programming_duration_seconds histogram",
    "kubeproxy_proxy_healthz_total counter",
    "kubeproxy_proxy_livez_total counter",
    "kubeproxy_sync_proxy_rules_duration_seconds histogram",
    "kubeproxy_sync_proxy_rules_endpoint_changes_pending gauge",
    "kubeproxy_sync_proxy_rules_endpoint_changes_total counter",
    "kubeproxy_sync_proxy_rules_iptables_restore_failures_total counter",
    "kubeproxy_sync_proxy_rules_last_queued_timestamp_seconds gauge",
    "kubeproxy_sync_proxy_rules_last_timestamp_seconds gauge",
    "kubeproxy_sync_proxy_rules_no_local_endpoints_total gauge",
    "kubeproxy_sync_proxy_rules_service_changes_pending gauge",
    "kubeproxy_sync_proxy_rules_service_changes_total counter",
  ]);
});

test("buckets are kube-proxy's", async () => {
  const metrics = new Metrics({ families: ["ipv4"], build: BUILD });
  metrics.proxy.ended(3, 0);
  metrics.proxy.programmed("ipv4", 700);
  const bounds = async (name: string) =>
    (await series(metrics, `${name}_bucket`)).map((line) => /le="([^"]+)"/.exec(line)?.[1]);
  const sync = await bounds("kubeproxy_sync_proxy_rules_duration_seconds");
  expect(sync).toHaveLength(16);
  expect([sync[0], sync[14], sync[15]]).toEqual(["0.001", "16.384", "+Inf"]);
  const programming = await bounds("kubeproxy_network_programming_duration_seconds");
  expect(programming).toHaveLength(81);
  expect(programming.slice(0, 4)).toEqual(["0.25", "0.5", "1", "2"]);
  expect(programming.slice(60, 64)).toEqual(["59", "60", "65", "70"]);
  expect(programming.slice(-4)).toEqual(["240", "270", "300", "+Inf"]);
});

test("a pass is told of each family that is served, in seconds", async () => {
  const metrics = dualStack();
  metrics.proxy.ended(250, 5_000);
  const name = "kubeproxy_sync_proxy_rules";
  expect(await series(metrics, `${name}_duration_seconds_sum`)).toEqual([
    `${name}_duration_seconds_sum{ip_family="IPv4"} 0.25`,
    `${name}_duration_seconds_sum{ip_family="IPv6"} 0.25`,
  ]);
  expect(await series(metrics, `${name}_last_timestamp_seconds`)).toEqual([
    `${name}_last_timestamp_seconds{ip_family="IPv4"} 5`,
    `${name}_last_timestamp_seconds{ip_family="IPv6"} 5`,
  ]);
});

test("changes wait until a pass takes them up, and stay in the total", async () => {
  const metrics = dualStack();
  const name = "kubeproxy_sync_proxy_rules";
  metrics.proxy.changed(2, 3);
  metrics.proxy.changed(1, 0);
  expect(await series(metrics, `${name}_service_changes_pending`)).toEqual([
    `${name}_service_changes_pending 3`,
  ]);
  metrics.proxy.begun();
  expect(await series(metrics, `${name}_service_changes_pending`)).toEqual([
    `${name}_service_changes_pending 0`,
  ]);
  expect(await series(metrics, `${name}_endpoint_changes_pending`)).toEqual([
    `${name}_endpoint_changes_pending 0`,
  ]);
  expect(await series(metrics, `${name}_service_changes_total`)).toEqual([
    `${name}_service_changes_total 3`,
  ]);
  expect(await series(metrics, `${name}_endpoint_changes_total`)).toEqual([
    `${name}_endpoint_changes_total 3`,
  ]);
});

test("Services without local endpoints are counted by policy, and what is not counted is 0", async () => {
  const metrics = dualStack();
  const name = "kubeproxy_sync_proxy_rules_no_local_endpoints_total";
  await metrics.page({
    ...COUNTS,
    noLocalEndpoints: [{ policy: "internal", family: "ipv6", services: 9 }],
  });
  expect((await series(metrics, name)).sort()).toEqual([
    `${name}{traffic_policy="external",ip_family="IPv4"} 4`,
    `${name}{traffic_policy="external",ip_family="IPv6"} 0`,
    `${name}{traffic_policy="internal",ip_family="IPv4"} 0`,
    `${name}{traffic_policy="internal",ip_family="IPv6"} 0`,
  ]);
});

test("answers of probes, refusals of the filter and forgotten flows are counted", async () => {
  const metrics = dualStack();
  metrics.proxy.answered("livez", 503);
  metrics.proxy.filterRefused();
  metrics.proxy.forgot("ipv4", 20, 7);
  expect(await series(metrics, "kubeproxy_proxy_livez_total")).toEqual([
    'kubeproxy_proxy_livez_total{code="200"} 0',
    'kubeproxy_proxy_livez_total{code="503"} 1',
  ]);
  expect(
    await series(metrics, "kubeproxy_sync_proxy_rules_iptables_restore_failures_total"),
  ).toContain('kubeproxy_sync_proxy_rules_iptables_restore_failures_total{ip_family="IPv4"} 1');
  expect(await series(metrics, "kubeproxy_conntrack_reconciler_deleted_entries_total")).toEqual([
    'kubeproxy_conntrack_reconciler_deleted_entries_total{ip_family="IPv4"} 7',
  ]);
});

test("our own metrics say what is held, written and wrong", async () => {
  const metrics = dualStack();
  metrics.agent.ended("partly", [
    { kind: "add-destination", result: "applied", count: 12 },
    { kind: "add-destination", result: "refused", count: 1 },
  ]);
  const finding = {
    severity: "warning",
    reason: "bad-scheduler",
    service: "shop/web",
    field: "",
    message: "",
  } as const;
  metrics.agent.found(finding, 1);
  metrics.agent.found(finding, 1);
  metrics.agent.found(finding, -1);
  metrics.agent.drifted("address", 2);
  metrics.agent.told("created");
  metrics.agent.left(3);
  const { body } = await metrics.page(COUNTS);
  const own = body
    .split("\n")
    .filter((line) => line.startsWith("kube_ipvs_") && !line.includes("event_loop"));
  expect(own.sort()).toEqual(
    [
      'kube_ipvs_addresses{family="ipv4"} 5',
      'kube_ipvs_addresses{family="ipv6"} 1',
      'kube_ipvs_build_info{version="1.2.3",node="v20.19.0",kernel="6.1.0"} 1',
      'kube_ipvs_destinations{family="ipv4"} 20',
      'kube_ipvs_destinations{family="ipv6"} 4',
      "kube_ipvs_draining_destinations 1",
      'kube_ipvs_drift_repaired_total{kind="address"} 2',
      'kube_ipvs_events_total{result="created"} 1',
      'kube_ipvs_filter_objects{family="ipv4"} 30',
      'kube_ipvs_filter_objects{family="ipv6"} 3',
      'kube_ipvs_findings{reason="bad-scheduler",severity="warning"} 1',
      "kube_ipvs_kube_proxy_leftovers 3",
      'kube_ipvs_operations_total{kind="add-destination",result="applied"} 12',
      'kube_ipvs_operations_total{kind="add-destination",result="refused"} 1',
      'kube_ipvs_passes_total{result="failed"} 0',
      'kube_ipvs_passes_total{result="partly"} 1',
      'kube_ipvs_passes_total{result="succeeded"} 0',
      "kube_ipvs_refusals 2",
      "kube_ipvs_services 6",
      "kube_ipvs_source_complete 1",
      "kube_ipvs_source_problems 3",
      'kube_ipvs_virtual_services{family="ipv4"} 7',
      'kube_ipvs_virtual_services{family="ipv6"} 2',
    ].sort(),
  );
});

test("the process shows itself under the names that every dashboard knows", async () => {
  const { body } = await dualStack().page(COUNTS);
  for (const name of [
    "process_cpu_seconds_total",
    "process_resident_memory_bytes",
    "process_start_time_seconds",
    "process_open_fds",
    "kube_ipvs_event_loop_delay_seconds",
  ]) {
    expect(body).toContain(`# TYPE ${name} `);
  }
});

test("service level indicators are a page of their own", async () => {
  const metrics = dualStack();
  metrics.pinged();
  metrics.pinged();
  const { body } = await metrics.indicatorsPage();
  expect(body).toContain('kubernetes_healthcheck{name="ping",type="healthz"} 1\n');
  expect(body).toContain(
    'kubernetes_healthchecks_total{name="ping",type="healthz",status="success"} 2\n',
  );
  expect((await metrics.page(COUNTS)).body).not.toContain("kubernetes_healthcheck");
});

test("two of them stand side by side, and nothing goes to the library's global registry", async () => {
  dualStack();
  dualStack();
  expect(await register.getMetricsAsJSON()).toEqual([]);
});

test("work that keeps the event loop is seen, and the period of looking is no part of it", async () => {
  const metrics = dualStack();
  const worstS = async (): Promise<number> => {
    const { body } = await metrics.page(COUNTS);
    return Number(/^kube_ipvs_event_loop_delay_seconds\{quantile="1"\} (.*)$/m.exec(body)?.[1]);
  };
  await worstS();
  // A reading begins anew with the next look.
  await wait(EVENT_LOOP_SAMPLE_MS * 2);
  const BUSY_MS = 1_000;
  for (const startMs = performance.now(); performance.now() - startMs < BUSY_MS; );
  await wait(EVENT_LOOP_SAMPLE_MS * 2);
  const foundS = await worstS();
  expect(foundS).toBeGreaterThan((BUSY_MS - 2 * EVENT_LOOP_SAMPLE_MS) / 1_000);
  expect(await worstS()).toBeLessThan(foundS);
});
