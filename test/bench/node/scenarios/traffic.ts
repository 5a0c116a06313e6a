/**
 * What a proxy costs those who use Services: a new connection, a request on one that is kept, the processor;
 * and how long all of it, and one changed endpoint, takes to be in force. Clients and pods are namespaces of
 * the node.
 */
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { ApiRequests } from "../../../lab/api-requests.ts";
import { createTopology } from "../../../lab/topology.ts";
import { load } from "../../../lab/traffic.ts";
import { ENDPOINT_PORT, endpointAddress, serviceAddress } from "../../cluster.ts";
import { sliceObject } from "../../cluster-objects.ts";
import { type Spread, spread } from "../../spread.ts";
import type { NodeTask } from "../node-task.ts";
import { kernelMb } from "../processor.ts";
import { mustSync, SETTLE_MS, SUBJECT_MS_MAX, type Subject } from "../subject.ts";
import { CLIENT_NAME, measureWay, type WayResult } from "../way.ts";

/** Services that have pods and are asked, spread over all: rules are walked through in order. */
const ASKED_MAX = 10;
const CHANGE_MS_MAX = 600_000;
/** What a slow proxy needs for all of them: after that the changes so far are enough. */
const CHANGES_MS_MAX = 120_000;
/** Before each change: kube-proxy makes two syncs of these modes a second apart, whatever they take. */
const PAUSE_MS = 2_000;
/** Between two looks at who answers. */
const LOOK_MS = 5;
const LOOK_MS_MAX = 1_000;
const CLIENT = { name: CLIENT_NAME, addresses: ["10.90.0.2"] };
const NEXT = { name: "next", addresses: ["10.90.0.3"], ports: [ENDPOINT_PORT] };

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
    const direct = await measureWay(
      asked.map((one) => `${endpointAddress(one, 0)}:${ENDPOINT_PORT}`),
    );
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
    const proxied = await measureWay(to);
    const change = spread(await changes(asked, task));
    return { direct, proxied, setUpMs, change, residentMb, kernelMb: takenMb };
  } finally {
    await topology.close();
  }
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
