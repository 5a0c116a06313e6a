/**
 * Fixed scenarios, counted: messages and calls to the kernel, runs of nft, and bytes allocated on the heap. Runs in a
 * process whose space for new objects is so large that nothing is collected during one of them: what is
 * used more afterwards is what was allocated. Prints JSON.
 */
import { getHeapStatistics } from "node:v8";
import { pino } from "pino";
import type { Kernel } from "../../src/agent/kernel.ts";
import { Passes } from "../../src/agent/passes.ts";
import { Store } from "../../src/agent/store.ts";
import { conntrackOver } from "../../src/conntrack/conntrack-client.ts";
import { serviceInterfaceOver } from "../../src/host/service-interface-client.ts";
import { ipvsOver } from "../../src/ipvs/client.ts";
import { parseKind } from "../../src/kube/parse-object.ts";
import { decodeObject } from "../../src/kube/protobuf/decode.ts";
import { StringPool } from "../../src/kube/string-pool.ts";
import type { Endpoint } from "../../src/model/cluster.ts";
import { NETLINK, openSocket } from "../../src/netlink/socket.ts";
import { type ClusterSize, endpointAddress, serviceOf, sliceOf } from "../bench/cluster.ts";
import { sliceObject } from "../bench/cluster-objects.ts";
import { NO_ADDRESSES, SURROUNDINGS } from "../fakes/agent-surroundings.ts";
import { ManualClock } from "../fakes/manual-clock.ts";
import { envelope, type Fields } from "../fakes/protobuf-writer.ts";
import { CountingFilter } from "./counting-filter.ts";
import { CountingLibrary } from "./counting-library.ts";
import type { Counts } from "./counts.ts";

const SIZE: ClusterSize = { services: 1_000, endpointsPerService: 10 };
const GROWN = SIZE.endpointsPerService + 1;
/** The last Service, with the slices that Kubernetes would make for 5,000 endpoints. */
const BIG = { service: SIZE.services - 1, slices: 50, endpointsPerSlice: 100 };
/** Its endpoints have addresses far behind those of all others. */
const BIG_ADDRESSES = 100_000;
const ENDPOINTS_PER_ADDRESS_BLOCK = 16;
/** Done so often that what happens once does not count. */
const TIMES = 100;
const PAGE_OBJECTS = 500;
/** So that no audit falls into what is counted. */
const LONG_MS = 3_600_000;
/** Short, where a step of the audit is what is counted. */
const AUDIT_MS = 30_000;
/** Addresses, virtual services, and 50 Services' destinations each. */
const AUDIT_STEPS = 22;
const DRAIN_MS = 30_000;
const SCHEDULER_ANNOTATION = "kube-ipvs.io/scheduler";
const KB = 1_024;

const clock = new ManualClock();
const library = new CountingLibrary();
const filter = new CountingFilter();
const store = new Store({ nodeName: "node", ...NO_ADDRESSES });
const passes = await newPasses(store);

const counts: Record<string, Counts> = {};
store.accept({ kind: "replaced", picture: picture() });
counts["first pass, 1,000 Services of 10 endpoints"] = await counted(1, () => passes.run());
counts["a pass with nothing to do"] = await counted(TIMES, () => passes.run());
library.table.settle();
const again = new Store({ nodeName: "node", ...NO_ADDRESSES });
again.accept({ kind: "replaced", picture: picture() });
const restarted = await newPasses(again, AUDIT_MS);
counts["restart on a correct table"] = await counted(1, () => restarted.run());
counts["a round of the audit, 1,000 Services"] = await counted(1, async () => {
  for (let step = 0; step < AUDIT_STEPS; step++) {
    await clock.advance(restarted.nextMs() - clock.nowMs());
    await restarted.run();
  }
});
let service = 0;
counts["one endpoint more"] = await counted(TIMES, async () => {
  const value = sliceOf(service, { ...SIZE, endpointsPerService: GROWN }, GROWN);
  service += 1;
  store.accept({ kind: "slice", name: value.name, value });
  await passes.run();
});
counts["one Service less"] = await counted(TIMES, async () => {
  const name = `bench/service-${service}`;
  service += 1;
  store.accept({ kind: "service", name, value: undefined });
  await passes.run();
});
counts["one endpoint less, with its drain"] = await counted(TIMES, async () => {
  const value = sliceOf(service, SIZE, SIZE.endpointsPerService - 1);
  service += 1;
  store.accept({ kind: "slice", name: value.name, value });
  await passes.run();
  library.table.settle();
  await clock.advance(DRAIN_MS + 1);
  await passes.run();
});
// The kernel is asked for it once.
await acceptScheduler("lc");
counts["another scheduler for a Service"] = await counted(TIMES, () => acceptScheduler("lc"));
for (let part = 0; part < BIG.slices; part++) acceptBigSlice(part, BIG.endpointsPerSlice - 1);
await passes.run();
let part = 0;
counts["one endpoint more of 5,000"] = await counted(BIG.slices, async () => {
  acceptBigSlice(part, BIG.endpointsPerSlice);
  part += 1;
  await passes.run();
});
const page = envelope("discovery.k8s.io/v1", "EndpointSliceList", {
  1: { 2: "1" },
  2: Array.from({ length: PAGE_OBJECTS }, (_, number) => encodedSlice(number)),
});
counts["a page of 500 slices in protobuf"] = await counted(1, () => {
  const pool = new StringPool();
  const { items } = decodeObject(page);
  for (const item of items as Iterable<object>) parseKind("slice", item, pool);
});
const text = JSON.stringify(sliceObject(0, SIZE));
const pool = new StringPool();
counts["a slice of a watch, in JSON"] = await counted(TIMES, () => {
  parseKind("slice", JSON.parse(text) as object, pool);
});
process.stdout.write(JSON.stringify(counts));

/** Slice `part` of the big Service, with its first `count` endpoints. */
function acceptBigSlice(part: number, count: number): void {
  const like = sliceOf(BIG.service, SIZE, 1);
  const name = `bench/service-${BIG.service}-${part + 1}`;
  const endpoints = Array.from({ length: count }, (_, index) => {
    const number = part * BIG.endpointsPerSlice + index;
    const block = BIG_ADDRESSES + Math.floor(number / ENDPOINTS_PER_ADDRESS_BLOCK);
    const address = endpointAddress(block, number % ENDPOINTS_PER_ADDRESS_BLOCK);
    return { ...like.endpoints[0], address } as Endpoint;
  });
  store.accept({ kind: "slice", name, value: { ...like, name, endpoints } });
}

/** Sets the scheduler of the next Service, as an annotation does. */
async function acceptScheduler(scheduler: string): Promise<void> {
  const like = serviceOf(service);
  service += 1;
  const value = { ...like, annotations: { [SCHEDULER_ANNOTATION]: scheduler } };
  store.accept({ kind: "service", name: value.name, value });
  await passes.run();
}

/** What `work` costs each time. */
async function counted(times: number, work: () => unknown): Promise<Counts> {
  Object.assign(library.tally, { calls: 0, messages: 0, writes: 0, bytes: 0 });
  Object.assign(filter.tally, { runs: 0, elements: 0 });
  if (!globalThis.gc) throw new Error("to be run with --expose-gc");
  globalThis.gc();
  const before = getHeapStatistics().used_heap_size;
  for (let i = 0; i < times; i++) await work();
  const allocated = getHeapStatistics().used_heap_size - before;
  const { messages, writes, calls, bytes } = library.tally;
  return {
    messages: messages / times,
    writes: writes / times,
    calls: calls / times,
    messageBytes: bytes / times,
    nftRuns: filter.tally.runs / times,
    nftElements: filter.tally.elements / times,
    allocatedKb: allocated / times / KB,
  };
}

/** Our clients over sockets of the library that counts. */
async function newPasses(of: Store, auditPeriodMs = LONG_MS): Promise<Passes> {
  const kernel: Kernel = {
    ipvs: await ipvsOver(openSocket(library, NETLINK.generic)),
    link: serviceInterfaceOver(openSocket(library, NETLINK.route)),
    filter,
    conntrack: conntrackOver(openSocket(library, NETLINK.netfilter)),
    nodeAddresses: {
      current: () => Promise.resolve([]),
      onChange: () => undefined,
      close: () => undefined,
    },
  };
  return new Passes({
    ...{ kernel, store: of, clock, log: pino({ level: "silent" }) },
    planOptions: {
      defaultScheduler: { scheduler: "rr", schedulerFlags: [] },
      drainTimeoutMs: DRAIN_MS,
      externalRanges: [],
    },
    auditPeriodMs,
    ...SURROUNDINGS,
  });
}

function picture() {
  const range = Array.from({ length: SIZE.services }, (_, number) => number);
  return {
    services: new Map(range.map((number) => [`bench/service-${number}`, serviceOf(number)])),
    slices: new Map(
      range.map((number) => {
        const slice = sliceOf(number, SIZE, SIZE.endpointsPerService);
        return [slice.name, slice] as const;
      }),
    ),
    nodes: new Map(),
    complete: true,
  };
}

/** As the API server sends it, with what is skipped. */
function encodedSlice(number: number): Fields {
  const { metadata, endpoints } = sliceObject(number, SIZE);
  return {
    1: {
      ...{ 1: metadata?.name ?? "", 3: metadata?.namespace ?? "", 5: "a-uid", 6: "4711" },
      11: Object.entries(metadata?.labels ?? {}).map(([key, value]) => ({ 1: key, 2: value })),
      17: { 1: "kube-controller-manager", 2: "Update", 7: { 1: "f:endpoints".repeat(40) } },
    },
    2: endpoints.map(({ addresses, nodeName = "", zone = "" }) => ({
      ...{ 1: addresses, 2: { 1: true, 2: true, 3: false }, 4: { 1: "Pod", 2: "bench" } },
      ...{ 6: nodeName, 7: zone },
    })),
    3: { 1: "", 2: "TCP", 3: 8080 },
    4: "IPv4",
  };
}
