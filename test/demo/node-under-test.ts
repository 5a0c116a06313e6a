/** What every chapter of the demo works with: the cluster's network, the agent, Services, clients. */
import type { AgentProcess } from "../lab/agent-process.ts";
import { ofFamily, SAMPLE_CLIENT_POD } from "../lab/sample-topology.ts";
import { type ClientTraffic, startLoad } from "../lab/traffic.ts";
import type { Samples } from "./samples.ts";
import { check } from "./story.ts";

/** The pod that takes its time, and how long. */
export const SLOW_POD = "p4";
export const SLOW_POD_MS = 100;
/** Of the other pods. */
export const POD_MS = 4;

/** Requests a second of the load in the background: a small part of what the guest can do. */
const BACKGROUND_RATE = 100;
const BACKGROUND_CONNECTIONS = 24;
const BACKGROUND_MS_MAX = 180_000;
/** The tool takes this long to start at most. */
const START_MS_MAX = 500;
/** After its first pass an edit has this long for a second one, which would be one too many. */
export const SETTLE_MS = 150;

/** What is there. */
export interface NodeUnderTest {
  readonly agent: AgentProcess;
  readonly samples: Samples;
  /** Address and port of a Service by its name, such as `web-rr`: as the kernel has them. */
  socketOf(service: string): string;
}

/** The eight clients, each by its address. */
export const CLIENTS = ofFamily("ipv4", SAMPLE_CLIENT_POD.addresses);

/** All clients, to one Service. */
export function fromClients(to: string): ClientTraffic {
  return { namespace: SAMPLE_CLIENT_POD.name, from: CLIENTS, to };
}

/** Requests in the background. */
export interface BackgroundLoad {
  /** Stops them, and states what became of them: none may have failed. */
  stop(): Promise<void>;
}

/** Begins requests that go on until stopped. */
export function backgroundLoad(to: string): BackgroundLoad {
  const startMs = performance.now();
  const running = startLoad({
    ...fromClients(to),
    ratePerS: BACKGROUND_RATE,
    concurrency: BACKGROUND_CONNECTIONS,
    durationMs: BACKGROUND_MS_MAX,
  });
  return {
    stop: async () => {
      const wholeMs = performance.now() - startMs;
      const { answered, failed, tookMs } = await running.stop();
      // A load that ended early would prove nothing about what came after it.
      const lasted = tookMs > wholeMs - START_MS_MAX;
      check(
        lasted && answered > 0 && failed === 0,
        `${answered} requests in ${seconds(tookMs)} meanwhile, ${failed} failed`,
      );
    },
  };
}

/** `12 ms`, or `12.3 ms` below ten. */
export function ms(value: number): string {
  return `${value < 10 ? value.toFixed(1) : value.toFixed(0)} ms`;
}

/** `1.2 s`. */
export function seconds(valueMs: number): string {
  return `${(valueMs / 1000).toFixed(1)} s`;
}
