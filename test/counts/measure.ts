/**
 * Fixed scenarios, counted: messages and calls to the kernel, and bytes allocated on the heap. Runs in a
 * process whose space for new objects is so large that nothing is collected during one of them: what is
 * used more afterwards is what was allocated. Prints JSON.
 */
import { getHeapStatistics } from "node:v8";
import { pino } from "pino";
import type { Kernel } from "../../src/agent/kernel.ts";
import { Passes } from "../../src/agent/passes.ts";
import { Store } from "../../src/agent/store.ts";
import { systemClock } from "../../src/base/clock.ts";
import { ipvsOver } from "../../src/ipvs/client.ts";
import { parseKind } from "../../src/kube/parse-object.ts";
import { decodeObject } from "../../src/kube/protobuf/decode.ts";
import { StringPool } from "../../src/kube/string-pool.ts";
import type { Endpoint } from "../../src/model/cluster.ts";
import type { Batch } from "../../src/netlink/message.ts";
import type { NetlinkSocket } from "../../src/netlink/socket.ts";
import { type ClusterSize, endpointAddress, serviceOf, sliceOf } from "../bench/cluster.ts";
import { sliceObject } from "../bench/cluster-objects.ts";
import { NO_ADDRESSES, SURROUNDINGS } from "../fakes/agent-surroundings.ts";
import { ipvsAnswer } from "../fakes/ipvs-answers.ts";
import { envelope, type Fields } from "../fakes/protobuf-writer.ts";
import { answerOf } from "../fakes/scripted-socket.ts";
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
const LONG_MS = 3_600_000;
const KB = 1_024;

/** A socket that takes everything, and counts. */
class CountingSocket implements NetlinkSocket {
  calls = 0;
  messages = 0;
  bytes = 0;

  #count(batch: Batch): void {
    this.calls += 1;
    this.messages += batch.count;
    this.bytes += batch.out.length;
  }

  async transact(_: string, batch: Batch) {
    this.#count(batch);
    return [];
  }

  async request(operation: string) {
    return ipvsAnswer(operation);
  }

  async dump(_: string, batch: Batch) {
    this.#count(batch);
    return Array.from({ length: batch.count }, () => answerOf([]));
  }

  async dumpInParts() {}

  close(): void {}
}

const socket = new CountingSocket();
const kernel: Kernel = { ...quietParts(), ipvs: await ipvsOver(socket) };
const store = new Store({ nodeName: "node", ...NO_ADDRESSES });
const passes = new Passes({
  kernel,
  store,
  clock: systemClock,
  log: pino({ level: "silent" }),
  planOptions: {
    defaultScheduler: { scheduler: "rr", schedulerFlags: [] },
    drainTimeoutMs: 30_000,
    externalRanges: [],
  },
  auditPeriodMs: LONG_MS,
  ...SURROUNDINGS,
});

const counts: Record<string, Counts> = {};
store.accept({ kind: "replaced", picture: picture() });
counts["first pass, 1,000 Services of 10 endpoints"] = await counted(1, () => passes.run());
counts["a pass with nothing to do"] = await counted(TIMES, () => passes.run());
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

/** What `work` costs each time. */
async function counted(times: number, work: () => unknown): Promise<Counts> {
  Object.assign(socket, { calls: 0, messages: 0, bytes: 0 });
  if (!globalThis.gc) throw new Error("to be run with --expose-gc");
  globalThis.gc();
  const before = getHeapStatistics().used_heap_size;
  for (let i = 0; i < times; i++) await work();
  const allocated = getHeapStatistics().used_heap_size - before;
  return {
    messages: socket.messages / times,
    calls: socket.calls / times,
    messageBytes: socket.bytes / times,
    allocatedKb: allocated / times / KB,
  };
}

/** What takes everything and remembers nothing: a fake with a memory would be counted with it. */
function quietParts(): Omit<Kernel, "ipvs"> {
  const nothing = (): void => undefined;
  const written = () => Promise.resolve([]);
  return {
    link: {
      ensure: () => Promise.resolve("present"),
      addresses: () => Promise.resolve([]),
      write: written,
      close: nothing,
    },
    filter: {
      configure: nothing,
      ensure: () => Promise.resolve("present"),
      objects: () => Promise.resolve([]),
      write: written,
      onForeignChange: nothing,
      close: nothing,
    },
    conntrack: { forget: () => Promise.resolve(0), close: nothing },
    nodeAddresses: { current: () => Promise.resolve([]), onChange: nothing, close: nothing },
  };
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
