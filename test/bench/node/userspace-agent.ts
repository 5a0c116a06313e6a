/**
 * The userspace mode's agent, for comparison: it follows Services and endpoints as kube-ipvs does, has the
 * kernel redirect each address and port to a port of this node, and `traffic proxy` serve that. One
 * argument: the kubeconfig. Prints `complete` when all that was there at its start is in force.
 */
import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { systemClock } from "../../../src/base/clock.ts";
import { ApiClient } from "../../../src/kube/api/api-client.ts";
import { ApiSource } from "../../../src/kube/api/api-source.ts";
import type { Change } from "../../../src/kube/change.ts";
import type { EndpointSlice, Service } from "../../../src/model/cluster.ts";
import { trafficProgram } from "../../lab/traffic.ts";
import { BENCH_NODE } from "../bench-node.ts";
import { NODE_ADDRESS } from "./bench-network.ts";

/** The port of this node that the first one of a Service is redirected to; they all are below 65,536. */
const FIRST_PORT = 20_000;

/** Ports of Services in the order in which they were first seen. */
const numbers = new Map<string, number>();
const services = new Map<string, Service>();
/** By Service. The clusters of benchmarks have one slice for each. */
const slices = new Map<string, EndpointSlice>();

// The lab's kernel has room for 4,096 processes by itself.
writeFileSync("/proc/sys/kernel/pid_max", "32768");
const proxy = spawn(trafficProgram(), ["proxy"], { stdio: ["pipe", "pipe", "inherit"] });
const answers = createInterface({ input: proxy.stdout })[Symbol.asyncIterator]();
proxy.on("exit", (status) => {
  process.stderr.write(`traffic proxy ended with ${status}\n`);
  process.exit(1);
});

const [kubeconfig = ""] = process.argv.slice(2);
const source = new ApiSource({
  client: new ApiClient({ kubeconfig, master: "" }, systemClock),
  clock: systemClock,
  nodeName: BENCH_NODE,
  onProblem: ({ message }) => process.stderr.write(`${message}\n`),
  onSolved: ({ message }) => process.stderr.write(`mended: ${message}\n`),
});
for await (const batch of source.changes(new AbortController().signal)) {
  const isFirst = batch.some(({ kind }) => kind === "replaced");
  const changed = new Set(batch.flatMap(take).filter((name) => services.has(name)));
  const added = [...changed].filter((name) => !numbers.has(name));
  for (const name of added) numbers.set(name, numbers.size);
  proxy.stdin.write(`${[...changed].map(orderText).join("")}done\n`);
  await answers.next();
  if (added.length > 0) await redirect(added);
  if (isFirst) process.stdout.write("complete\n");
}

/** The Services that the change is about. */
function take(change: Change): string[] {
  if (change.kind === "replaced") {
    const { picture } = change;
    for (const slice of picture.slices.values()) slices.set(slice.service, slice);
    for (const service of picture.services.values()) services.set(service.name, service);
    return [...services.keys()];
  }
  if (change.kind === "node" || change.kind === "circumstances") return [];
  if (change.value === undefined) return [];
  if (change.kind === "service") {
    services.set(change.name, change.value);
    return [change.name];
  }
  slices.set(change.value.service, change.value);
  return [change.value.service];
}

function orderText(name: string): string {
  const { ports = [], endpoints = [] } = slices.get(name) ?? {};
  const to = endpoints
    .filter(({ ready }) => ready)
    .map(({ address }) => `${address}:${ports[0]?.port}`);
  return `set ${numbers.get(name)} ${listenPort(name)} ${to.join(" ")}\n`;
}

function listenPort(name: string): number {
  return FIRST_PORT + (numbers.get(name) ?? 0);
}

/** The rules of old, in the order of old: one after the other, for packets of others and of the node. */
function redirect(names: readonly string[]): Promise<void> {
  const rules = names.flatMap((name) => {
    const { clusterAddresses = [], ports = [] } = services.get(name) ?? {};
    const match = `-d ${clusterAddresses[0]}/32 -p tcp -m comment --comment "${name}" -m tcp --dport ${ports[0]?.port}`;
    return ["CONTAINER", "HOST"].map(
      (from) =>
        `-A KUBE-PORTALS-${from} ${match} -j DNAT --to-destination ${NODE_ADDRESS}:${listenPort(name)}\n`,
    );
  });
  const chains = [
    ":KUBE-PORTALS-CONTAINER - [0:0]\n:KUBE-PORTALS-HOST - [0:0]\n",
    "-F PREROUTING\n-F OUTPUT\n",
    "-A PREROUTING -j KUBE-PORTALS-CONTAINER\n-A OUTPUT -j KUBE-PORTALS-HOST\n",
  ];
  const restore = spawn("iptables-restore", ["--noflush"], {
    stdio: ["pipe", "inherit", "inherit"],
  });
  restore.stdin.end(`*nat\n${chains.join("")}${rules.join("")}COMMIT\n`);
  return new Promise((resolve, reject) => {
    restore.on("error", reject);
    restore.on("close", (status) =>
      status === 0 ? resolve() : reject(new Error(`iptables-restore ended with ${status}`)),
    );
  });
}
