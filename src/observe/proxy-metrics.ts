/**
 * The metrics that kube-proxy has, under its names, so that its dashboards and alerts go on working.
 *
 * A pass of ours serves both families at once: what kube-proxy measures for each family by itself is told
 * of each family that the node serves, with the same value. A sum over `ip_family` counts a pass twice
 * there, as it counts kube-proxy's two syncs.
 */
import {
  Counter,
  exponentialBuckets,
  Gauge,
  Histogram,
  linearBuckets,
  type Registry,
} from "prom-client";
import type { Family } from "../model/address.ts";

/** kube-proxy's buckets of a sync, in seconds: 1 ms to 16 s. */
const SYNC_BUCKETS_S = exponentialBuckets(0.001, 2, 15);

/** kube-proxy's buckets of the network programming latency, in seconds: 250 ms to 5 min. */
const PROGRAMMING_BUCKETS_S = [
  ...linearBuckets(0.25, 0.25, 2),
  ...linearBuckets(1, 1, 59),
  ...linearBuckets(60, 5, 12),
  ...linearBuckets(120, 30, 7),
];

/** The value of the label `ip_family`. */
const IP_FAMILY: Readonly<Record<Family, string>> = { ipv4: "IPv4", ipv6: "IPv6" };

/** Services with a policy Local and endpoints elsewhere only. */
export interface NoLocalEndpointsCount {
  readonly policy: "internal" | "external";
  readonly family: Family;
  readonly services: number;
}

/** Takes note of what kube-proxy would. Durations in milliseconds, times in milliseconds since the epoch. */
export class ProxyMetrics {
  readonly #families: readonly Family[];
  readonly #syncDuration;
  readonly #lastSync;
  readonly #lastQueued;
  readonly #programming;
  readonly #endpointsPending;
  readonly #endpointsTotal;
  readonly #servicesPending;
  readonly #servicesTotal;
  readonly #filterFailures;
  readonly #healthz;
  readonly #livez;
  readonly #conntrackDuration;
  readonly #conntrackDeleted;
  readonly #noLocalEndpoints;

  constructor(registry: Registry, families: readonly Family[]) {
    const make = makerOf(registry);
    this.#families = families;
    this.#syncDuration = make.histogram(
      "sync_proxy_rules_duration_seconds",
      "Time of one pass, which serves every family",
      ["ip_family"],
      SYNC_BUCKETS_S,
    );
    this.#lastSync = make.gauge(
      "sync_proxy_rules_last_timestamp_seconds",
      "When the last pass succeeded",
      ["ip_family"],
    );
    this.#lastQueued = make.gauge(
      "sync_proxy_rules_last_queued_timestamp_seconds",
      "When a pass was asked for last",
      ["ip_family"],
    );
    this.#programming = make.histogram(
      "network_programming_duration_seconds",
      "Time from the change of a pod or Service to its being in force, for each changed EndpointSlice",
      ["ip_family"],
      PROGRAMMING_BUCKETS_S,
    );
    this.#endpointsPending = make.gauge(
      "sync_proxy_rules_endpoint_changes_pending",
      "EndpointSlices that changed and are not in force yet",
    );
    this.#endpointsTotal = make.counter(
      "sync_proxy_rules_endpoint_changes_total",
      "Changes of EndpointSlices",
    );
    this.#servicesPending = make.gauge(
      "sync_proxy_rules_service_changes_pending",
      "Services that changed and are not in force yet",
    );
    this.#servicesTotal = make.counter(
      "sync_proxy_rules_service_changes_total",
      "Changes of Services",
    );
    this.#filterFailures = make.counter(
      "sync_proxy_rules_iptables_restore_failures_total",
      "Transactions of the packet filter (nftables here) that the kernel refused",
      ["ip_family"],
    );
    this.#healthz = make.counter("proxy_healthz_total", "Answers of /healthz", ["code"]);
    this.#livez = make.counter("proxy_livez_total", "Answers of /livez", ["code"]);
    this.#conntrackDuration = make.histogram(
      "conntrack_reconciler_sync_duration_seconds",
      "Time of forgetting the UDP flows of one pass",
      ["ip_family"],
      SYNC_BUCKETS_S,
    );
    this.#conntrackDeleted = make.counter(
      "conntrack_reconciler_deleted_entries_total",
      "Connection tracking entries of UDP flows that were deleted",
      ["ip_family"],
    );
    this.#noLocalEndpoints = make.gauge(
      "sync_proxy_rules_no_local_endpoints_total",
      "Services with a traffic policy Local, endpoints elsewhere and none on this node",
      ["traffic_policy", "ip_family"],
    );
    for (const family of families) this.#filterFailures.inc(labelOf(family), 0);
    for (const code of ["200", "503"]) {
      this.#healthz.inc({ code }, 0);
      this.#livez.inc({ code }, 0);
    }
  }

  /** Objects changed. */
  changed(services: number, slices: number): void {
    this.#servicesTotal.inc(services);
    this.#servicesPending.inc(services);
    this.#endpointsTotal.inc(slices);
    this.#endpointsPending.inc(slices);
  }

  /** A pass was asked for. */
  queued(wallMs: number): void {
    for (const family of this.#families) this.#lastQueued.set(labelOf(family), wallMs / 1_000);
  }

  /** A pass took up what changed. */
  begun(): void {
    this.#servicesPending.set(0);
    this.#endpointsPending.set(0);
  }

  /** A pass ended; `atMs` is undefined when it failed as a whole. */
  ended(tookMs: number, atMs: number | undefined): void {
    for (const family of this.#families) {
      this.#syncDuration.observe(labelOf(family), tookMs / 1_000);
      if (atMs !== undefined) this.#lastSync.set(labelOf(family), atMs / 1_000);
    }
  }

  /** The kernel refused what a pass wrote to the packet filter. */
  filterRefused(): void {
    for (const family of this.#families) this.#filterFailures.inc(labelOf(family));
  }

  /** What an EndpointSlice says is in force, so long after it was asked for. */
  programmed(family: Family, latencyMs: number): void {
    this.#programming.observe(labelOf(family), latencyMs / 1_000);
  }

  /** UDP flows were forgotten. */
  forgot(family: Family, tookMs: number, entries: number): void {
    this.#conntrackDuration.observe(labelOf(family), tookMs / 1_000);
    this.#conntrackDeleted.inc(labelOf(family), entries);
  }

  /** Shows the counts of now; what is not among them is 0. To be called before each scrape. */
  show(counts: readonly NoLocalEndpointsCount[]): void {
    for (const family of this.#families) {
      for (const policy of ["internal", "external"]) {
        this.#noLocalEndpoints.set({ traffic_policy: policy, ...labelOf(family) }, 0);
      }
    }
    for (const { policy, family, services } of counts) {
      this.#noLocalEndpoints.set({ traffic_policy: policy, ...labelOf(family) }, services);
    }
  }

  /** A probe was answered. */
  answered(path: "healthz" | "livez", status: number): void {
    const counter = path === "healthz" ? this.#healthz : this.#livez;
    counter.inc({ code: String(status) });
  }
}

function labelOf(family: Family): { ip_family: string } {
  return { ip_family: IP_FAMILY[family] };
}

function makerOf(registry: Registry) {
  const registers = [registry];
  const named = (name: string, help: string, labelNames: readonly string[]) => ({
    name: `kubeproxy_${name}`,
    help,
    labelNames: [...labelNames],
    registers,
  });
  return {
    counter: (name: string, help: string, labels: readonly string[] = []) =>
      new Counter(named(name, help, labels)),
    gauge: (name: string, help: string, labels: readonly string[] = []) =>
      new Gauge(named(name, help, labels)),
    histogram: (name: string, help: string, labels: readonly string[], buckets: number[]) =>
      new Histogram({ ...named(name, help, labels), buckets }),
  };
}
