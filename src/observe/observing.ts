/** All that is shown of one agent, put together: metrics, health, Events of findings, and their servers. */
import type { Logger } from "pino";
import type { Clock } from "../base/clock.ts";
import type { Family } from "../model/address.ts";
import type { EventOutcome, EventRecorder } from "../model/cluster-event.ts";
import type { BuildFacts } from "./agent-metrics.ts";
import { type AgentObserver, createAgentObserver } from "./agent-observer.ts";
import { FindingEvents } from "./finding-events.ts";
import { HealthCheckPorts } from "./health-check-ports.ts";
import { type RunningServer, serveMetrics, serveProxyHealth } from "./http-server.ts";
import { type Counts, Metrics } from "./metrics.ts";
import { ProxyHealth } from "./proxy-health.ts";

/** What it is made of. */
export interface ObservingOptions {
  readonly nodeName: string;
  /** The families that this node serves. */
  readonly families: readonly Family[];
  /** A change that waits for longer makes the proxy unhealthy; kube-proxy's is twice its sync period. */
  readonly lateMs: number;
  /** False with an API server: load balancers leave a node out that it does not know. */
  readonly eligibleWithoutNode: boolean;
  readonly build: BuildFacts;
  readonly clock: Clock;
  readonly log: Logger;
  /** Makes the recorder, which is to call `onOutcome` for each event. */
  readonly recorder: (onOutcome: (outcome: EventOutcome) => void) => EventRecorder;
}

/** Where to listen; undefined: not at all. */
interface Where {
  readonly host: string;
  readonly port: number;
}

/** What is served. */
export interface ServingOptions {
  readonly metrics: Where | undefined;
  readonly healthz: Where | undefined;
  /** Reject when one of them cannot be listened on, instead of trying again. */
  readonly hardFail: boolean;
  /** Called at each scrape. */
  readonly counts: () => Counts;
  /** The settings in force, for `/configz`. */
  readonly config: unknown;
}

/** What is shown of one agent. */
export class Observing {
  /** What the agent tells. */
  readonly observer: AgentObserver;
  /** What the agent sets for each Service with a health check node port. */
  readonly healthCheckPorts: HealthCheckPorts;
  readonly #options: ObservingOptions;
  readonly #metrics: Metrics;
  readonly #health: ProxyHealth;
  readonly #events: EventRecorder;
  readonly #findingEvents: FindingEvents;
  readonly #servers: RunningServer[] = [];

  constructor(options: ObservingOptions) {
    const { clock, log, nodeName } = options;
    this.#options = options;
    this.#metrics = new Metrics(options);
    this.#health = new ProxyHealth(options);
    this.#events = options.recorder((outcome) => this.#metrics.agent.told(outcome));
    this.#findingEvents = new FindingEvents(this.#events, clock);
    this.observer = createAgentObserver({
      metrics: this.#metrics,
      health: this.#health,
      findingEvents: this.#findingEvents,
      clock,
    });
    this.healthCheckPorts = new HealthCheckPorts({
      isProxyHealthy: () => this.#health.isHealthy(),
      clock,
      log,
      events: this.#events,
      nodeName,
    });
  }

  /** Starts the servers. Rejects with a `ListenError` where that was asked for; `close` is due then too. */
  async serve({ metrics, healthz, hardFail, counts, config }: ServingOptions): Promise<void> {
    const how = { ...this.#options, hardFail, events: this.#events };
    if (metrics) {
      const pages = {
        metrics: () => this.#metrics.page(counts()),
        indicators: () => this.#metrics.indicatorsPage(),
        onHealthz: () => this.#metrics.pinged(),
        config,
      };
      this.#servers.push(await serveMetrics(pages, { ...how, at: metrics }));
    }
    if (healthz) {
      const count = this.#metrics.proxy.answered.bind(this.#metrics.proxy);
      this.#servers.push(await serveProxyHealth(this.#health, count, { ...how, at: healthz }));
    }
  }

  /** The ports that are served, in the order metrics, health; 0 for one that cannot be listened on now. */
  ports(): readonly number[] {
    return this.#servers.map(({ port }) => port);
  }

  /** Tells findings that stand again, until `signal` is aborted. */
  run(signal: AbortSignal): Promise<void> {
    return this.#findingEvents.run(signal);
  }

  /** Ends all servers. */
  async close(): Promise<void> {
    await Promise.all([
      this.healthCheckPorts.close(),
      ...this.#servers.map((server) => server.close()),
    ]);
  }
}
