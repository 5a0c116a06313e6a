/**
 * What a proxy costs those who use Services: a new connection, a request on one that is kept, the processor;
 * and how long all of it, and one changed endpoint, takes to be in force. Clients and pods are namespaces of
 * the node.
 */
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { ApiRequests } from "../../../lab/api-requests.ts";
import { createTopology } from "../../../lab/topology.ts";
import {
  type ClientTraffic,
  hold,
  type Latency,
  type LoadResult,
  load,
} from "../../../lab/traffic.ts";
import { ENDPOINT_PORT, endpointAddress, serviceAddress } from "../../cluster.ts";
import { sliceObject } from "../../cluster-objects.ts";
import { type Spread, spread } from "../../spread.ts";
import type { NodeTask } from "../node-task.ts";
import { busyDuring, kernelMb } from "../processor.ts";
import { mustSync, SUBJECT_MS_MAX, type Subject } from "../subject.ts";

/** Services that have pods and are asked, spread over all: rules are walked through in order. */
const ASKED_MAX = 10;
const CONNECTIONS = 4_000;
/** So few that the processor has time for all of them in every mode, at least with few Services. */
const RATE_PER_S = 100;
const RATE_MS = 20_000;
/** Room for those that wait: the next ones come when they are due nevertheless. */
const RATE_CONCURRENCY = 256;
const PERCENT = 100;
const KEPT_MS = 6_000;
const KEPT_INTERVAL_MS = 10;
const SETTLE_MS = 12_000;
const ANSWER_MS_MAX = 5_000;
const CHANGE_MS_MAX = 600_000;
/** What a slow proxy needs for all of them: after that the changes so far are enough. */
const CHANGES_MS_MAX = 120_000;
/** Before each change: kube-proxy makes two syncs of these modes a second apart, whatever they take. */
const PAUSE_MS = 2_000;
/** Between two looks at who answers. */
const LOOK_MS = 5;
const LOOK_MS_MAX = 1_000;
const CLIENT = { name: "client", addresses: ["10.90.0.2"] };
const NEXT = { name: "next", addresses: ["10.90.0.3"], ports: [ENDPOINT_PORT] };

/** One way to the pods. */
export interface WayResult {
  /** From connect to answer. */
  readonly fresh: Latency;
  /** A line and its answer on a connection that stays. */
  readonly kept: Latency;
  readonly atRate: RateResult;
}

/** New connections at a fixed rate. Of the whole node, clients and pods included, less what it uses anyway. */
export interface RateResult {
  /** Answered; less than was wanted where the node cannot do more. */
  readonly connectionsPerS: number;
  readonly failed: number;
  readonly processorMsPer1000: number;
  readonly processorPercent: number;
}

/** What was measured. */
export interface TrafficResult {
  /** The pods' own addresses, before there is any proxy. */
  readonly direct: WayResult;
  readonly proxied: WayResult;
  /** From process start until the proxy says so and every asked Service answers. */
  readonly setUpMs: number;
  /** From the API server's answer to the first answer of the one endpoint that took the place of all. */
  readonly change: Spread;
  readonly residentMb: number;
  /** More than before the proxy's start: its rules, and whatever else the kernel did meanwhile. */
  readonly kernelMb: number;
}

/** Runs it. */
export async function traffic(subject: Subject, task: NodeTask): Promise<TrafficResult> {
  const { services, endpointsPerService } = task.size;
  const asked = Array.from({ length: Math.min(ASKED_MAX, services) }, (_, index) =>
    Math.floor(((index + 0.5) * services) / Math.min(ASKED_MAX, services)),
  );
  const pods = asked.flatMap((service) =>
    Array.from({ length: endpointsPerService }, (_, endpoint) =>
      endpointAddress(service, endpoint),
    ),
  );
  const topology = await createTopology({
    pods: [CLIENT, { name: "pods", addresses: pods, ports: [ENDPOINT_PORT] }, NEXT],
  });
  try {
    const direct = await measure(asked.map((one) => `${endpointAddress(one, 0)}:${ENDPOINT_PORT}`));
    const beforeMb = kernelMb();
    const to = asked.map((service) => `${serviceAddress(service)}:80`);
    const startMs = performance.now();
    subject.start();
    await mustSync(subject);
    await untilAnswered(to, startMs);
    const setUpMs = performance.now() - startMs;
    await sleep(SETTLE_MS);
    const { residentMb } = subject.usage();
    const takenMb = kernelMb() - beforeMb;
    const proxied = await measure(to);
    const change = spread(await changes(asked, task));
    return { direct, proxied, setUpMs, change, residentMb, kernelMb: takenMb };
  } finally {
    await topology.close();
  }
}

/** Asks from the client, one connection after the other, and then on connections that stay. */
async function measure(to: readonly string[]): Promise<WayResult> {
  const options = { namespace: CLIENT.name, to, timeoutMs: ANSWER_MS_MAX };
  await load({ ...options, requests: to.length * 4 });
  const fresh = mustAnswer(await load({ ...options, requests: CONNECTIONS }));
  const held = await hold({
    ...options,
    connections: to.length,
    durationMs: KEPT_MS,
    intervalMs: KEPT_INTERVAL_MS,
  });
  return { fresh, kept: mustAnswer(await held.result), atRate: await atRate(options) };
}

/** As fast as possible would find how long one takes, again: the processor is never idle then. */
async function atRate(options: ClientTraffic): Promise<RateResult> {
  const quiet = await busyDuring(() => sleep(RATE_MS));
  const { result, busyS, tookS } = await busyDuring(() =>
    load({
      ...options,
      durationMs: RATE_MS,
      ratePerS: RATE_PER_S,
      concurrency: RATE_CONCURRENCY,
    }),
  );
  return rateResult({
    ...{ answered: result.answered, failed: result.failed, busyS, tookS },
    quietShare: quiet.busyS / quiet.tookS,
  });
}

/** What was counted, in figures. Pure. */
export function rateResult({
  answered,
  failed,
  busyS,
  tookS,
  quietShare,
}: {
  readonly answered: number;
  readonly failed: number;
  readonly busyS: number;
  readonly tookS: number;
  /** Of one processor, without any of it. */
  readonly quietShare: number;
}): RateResult {
  const ownS = busyS - quietShare * tookS;
  return {
    connectionsPerS: answered / tookS,
    failed,
    processorMsPer1000: (ownS * 1_000 * 1_000) / answered,
    processorPercent: (ownS / tookS) * PERCENT,
  };
}

function mustAnswer({ failed, failures, latencyMs }: LoadResult): Latency {
  if (failed > 0 || !latencyMs) throw new Error(`requests failed: ${JSON.stringify(failures)}`);
  return latencyMs;
}

/** With the rules of a slow proxy, pages of 10,000 Services come into force one after the other. */
async function untilAnswered(to: readonly string[], startMs: number): Promise<void> {
  const ask = () => load({ namespace: CLIENT.name, to, requests: to.length, timeoutMs: 1_000 });
  while ((await ask()).failed > 0) {
    if (performance.now() - startMs > SUBJECT_MS_MAX) throw new Error("some Services never answer");
  }
}

/** One Service after the other gets one endpoint in the place of all. */
async function changes(asked: readonly number[], { server, size }: NodeTask): Promise<number[]> {
  const api = new ApiRequests(server.url, server.authority);
  const times: number[] = [];
  const endMs = performance.now() + CHANGES_MS_MAX;
  try {
    for (const service of asked) {
      if (performance.now() > endMs) break;
      await sleep(PAUSE_MS);
      const slice = sliceObject(service, { endpointsPerService: 1 });
      const [endpoint] = slice.endpoints;
      if (!endpoint) throw new Error("a slice without an endpoint");
      slice.endpoints = [{ ...endpoint, addresses: [...NEXT.addresses] }];
      await api.put(slice);
      const answeredMs = performance.now();
      while ((await whoAnswers(serviceAddress(service))) !== NEXT.name) {
        if (performance.now() - answeredMs > CHANGE_MS_MAX) throw new Error("a change never came");
        await sleep(LOOK_MS);
      }
      times.push(performance.now() - answeredMs);
    }
    // The next proxy finds the cluster as this one has.
    for (const service of asked) await api.put(sliceObject(service, size));
  } finally {
    api.close();
  }
  return times;
}

/** Asks port 80 from the node itself; undefined when nobody answers. */
function whoAnswers(host: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ host, port: 80, timeout: LOOK_MS_MAX }, () => socket.write("hello\n"));
    const end = (pod?: string): void => {
      socket.destroy();
      resolve(pod);
    };
    socket.on("data", (line) => end(line.toString().split(" ")[0]));
    socket.on("timeout", () => end());
    socket.on("error", () => end());
    socket.on("end", () => end());
  });
}
