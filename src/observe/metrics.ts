/** All metrics of a process, in a registry of their own, as text for whoever scrapes them. */
import { Counter, collectDefaultMetrics, Gauge, Registry } from "prom-client";
import type { Family } from "../model/address.ts";
import { AgentMetrics, type BuildFacts, type HeldCounts } from "./agent-metrics.ts";
import { addEventLoopDelay, EVENT_LOOP_SAMPLE_MS } from "./event-loop-delay.ts";
import type { Page } from "./http-server.ts";
import { type NoLocalEndpointsCount, ProxyMetrics } from "./proxy-metrics.ts";

/** What is counted at each scrape, and not before. */
export interface Counts {
  readonly held: HeldCounts;
  readonly noLocalEndpoints: readonly NoLocalEndpointsCount[];
}

/** What metrics are made from. */
export interface MetricsOptions {
  /** The families that this proxy serves. */
  readonly families: readonly Family[];
  readonly build: BuildFacts;
}

/** The metrics of one process. */
export class Metrics {
  readonly proxy: ProxyMetrics;
  readonly agent: AgentMetrics;
  readonly #registry = new Registry();
  /** Kubernetes' service level indicators: on a page of their own, scraped more often. */
  readonly #indicators = new Registry();
  readonly #check: Gauge<"name" | "type">;
  readonly #checks: Counter<"name" | "type" | "status">;

  constructor({ families, build }: MetricsOptions) {
    this.proxy = new ProxyMetrics(this.#registry, families);
    this.agent = new AgentMetrics(this.#registry, build);
    collectDefaultMetrics({
      register: this.#registry,
      eventLoopMonitoringPrecision: EVENT_LOOP_SAMPLE_MS,
    });
    addEventLoopDelay(this.#registry);
    const registers = [this.#indicators];
    this.#check = new Gauge({
      name: "kubernetes_healthcheck",
      help: "1 when the last health check succeeded",
      labelNames: ["name", "type"],
      registers,
    });
    this.#checks = new Counter({
      name: "kubernetes_healthchecks_total",
      help: "Health checks by how they ended",
      labelNames: ["name", "type", "status"],
      registers,
    });
  }

  /** `/metrics`. */
  page(counts: Counts): Promise<Page> {
    this.agent.show(counts.held);
    this.proxy.show(counts.noLocalEndpoints);
    return pageOf(this.#registry);
  }

  /** `/metrics/slis`. */
  indicatorsPage(): Promise<Page> {
    return pageOf(this.#indicators);
  }

  /** `/healthz` of the metrics server was asked: it answers, so it succeeds. */
  pinged(): void {
    this.#check.set({ name: "ping", type: "healthz" }, 1);
    this.#checks.inc({ name: "ping", type: "healthz", status: "success" });
  }
}

async function pageOf(registry: Registry): Promise<Page> {
  return { contentType: registry.contentType, body: await registry.metrics() };
}
