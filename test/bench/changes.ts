/**
 * One cold process in a fresh network namespace of the lab: how soon `default/kubernetes` works among
 * all other Services, then what one change of an endpoint costs the kernel, by the kind of Service.
 * Prints one line of JSON. Arguments: services, endpoints each.
 */
import { pino } from "pino";
import type { Kernel } from "../../src/agent/kernel.ts";
import { FIRST_SERVICE } from "../../src/agent/pass-writer.ts";
import { Passes } from "../../src/agent/passes.ts";
import { Store } from "../../src/agent/store.ts";
import { systemClock } from "../../src/base/clock.ts";
import { keepHeapSmall } from "../../src/base/small-heap.ts";
import { openKernel } from "../../src/cli/open-kernel.ts";
import type { Picture } from "../../src/kube/change.ts";
import type { Endpoint, EndpointSlice, Service } from "../../src/model/cluster.ts";
import type { Protocol } from "../../src/model/virtual-service.ts";
import { NO_ADDRESSES, SURROUNDINGS } from "../fakes/agent-surroundings.ts";
import { type ClusterSize, serviceAddress, serviceOf, sliceOf } from "./cluster.ts";
import { metered, newMeter } from "./metered.ts";
import { spread } from "./spread.ts";

const NODE = "node";
/** Changes of each kind; each is of another Service. */
const CHANGES = 100;
/** Long, so that no audit falls into what is counted. */
const AUDIT_PERIOD_MS = 3_600_000;

keepHeapSmall();
const [services = "1000", endpointsPerService = "10"] = process.argv.slice(2);
const size: ClusterSize = {
  services: Number(services),
  endpointsPerService: Number(endpointsPerService),
};
const kernel = await openKernel(systemClock);
const meter = newMeter();
let boundMs = Number.NaN;
let servedMs = Number.NaN;
const store = new Store({ nodeName: NODE, ...NO_ADDRESSES });
const passes = new Passes({
  kernel: watched(metered(kernel, meter)),
  store,
  clock: systemClock,
  log: pino({ level: "error" }, process.stderr),
  planOptions: {
    defaultScheduler: { scheduler: "rr", schedulerFlags: [] },
    drainTimeoutMs: 30_000,
    externalRanges: [],
  },
  auditPeriodMs: AUDIT_PERIOD_MS,
  ...SURROUNDINGS,
});

const all = picture();
const startMs = performance.now();
store.accept({ kind: "replaced", picture: all });
await passes.run();
const first = {
  kubernetesMs: Math.max(servedMs, boundMs) - startMs,
  allMs: performance.now() - startMs,
};
const costs = {
  elsewhere: await costOf("tcp", 0, (slice) => withEndpoint(slice, "")),
  local: await costOf("tcp", CHANGES, (slice) => withEndpoint(slice, NODE)),
  udp: await costOf("udp", 0, ({ endpoints, ...slice }) => ({
    ...slice,
    endpoints: endpoints.slice(1),
  })),
};
process.stdout.write(`${JSON.stringify({ first, costs })}\n`);
kernel.close();

/** Notes when the virtual service of the API server has its destination, and when its address is bound. */
function watched(on: Kernel): Kernel {
  const address = serviceAddress(size.services);
  return {
    ...on,
    ipvs: {
      ...on.ipvs,
      write: async (operations) => {
        const failures = await on.ipvs.write(operations);
        const serves = operations.some(
          (one) =>
            one.kind === "add-destination" && "address" in one.key && one.key.address === address,
        );
        if (serves) servedMs = performance.now();
        return failures;
      },
    },
    link: {
      ...on.link,
      write: async (operations) => {
        const failures = await on.link.write(operations);
        if (operations.some((one) => one.address === address)) boundMs = performance.now();
        return failures;
      },
    },
  };
}

/** Every second Service is UDP; the API server's comes last, as it would by its name. */
function picture(): Picture {
  const found = new Map<string, Service>();
  const slices = new Map<string, EndpointSlice>();
  for (let number = 0; number < size.services; number++) {
    const service = serviceOf(number);
    const ports = service.ports.map((port) => ({ ...port, protocol: protocolOf(number) }));
    found.set(service.name, { ...service, ports });
    const slice = sliceNumber(number);
    slices.set(slice.name, slice);
  }
  found.set(FIRST_SERVICE, { ...serviceOf(size.services), name: FIRST_SERVICE });
  const slice = sliceOf(size.services, size, size.endpointsPerService);
  slices.set(FIRST_SERVICE, { ...slice, name: FIRST_SERVICE, service: FIRST_SERVICE });
  return { services: found, slices, nodes: new Map(), complete: true };
}

function protocolOf(service: number): Protocol {
  return service % 2 === 0 ? "tcp" : "udp";
}

function sliceNumber(service: number): EndpointSlice {
  const slice = sliceOf(service, size, size.endpointsPerService);
  const ports = slice.ports.map((port) => ({ ...port, protocol: protocolOf(service) }));
  return { ...slice, ports };
}

/** The slice with one endpoint more, on the node of that name. */
function withEndpoint(slice: EndpointSlice, nodeName: string): EndpointSlice {
  const [like] = slice.endpoints;
  if (!like) throw new Error("a Service without endpoints");
  const added: Endpoint = { ...like, address: like.address.replace(/^10\./, "11."), nodeName };
  return { ...slice, endpoints: [...slice.endpoints, added] };
}

/** What {@link CHANGES} changes from number `from` on cost, summed over all of them: one pass each. */
async function costOf(
  protocol: Protocol,
  from: number,
  change: (slice: EndpointSlice) => EndpointSlice,
) {
  Object.assign(meter, newMeter());
  const times: number[] = [];
  for (let i = from; i < from + CHANGES; i++) {
    const service = ((i * 7919) % (size.services / 2)) * 2 + (protocol === "tcp" ? 0 : 1);
    const value = change(sliceNumber(service));
    const beganMs = performance.now();
    store.accept({ kind: "slice", name: value.name, value });
    const result = await passes.run();
    times.push(performance.now() - beganMs);
    if (result?.refused.length !== 0) throw new Error(`${value.name} was refused`);
  }
  const { ipvsMessages, addressMessages, filterObjects, filterTransactions, forgets } = meter;
  const counts = { ipvsMessages, addressMessages, filterObjects, filterTransactions, forgets };
  return { ...spread(times), changes: CHANGES, ...counts };
}
