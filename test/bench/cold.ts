/**
 * One cold process in a fresh network namespace of the lab: the first pass into an empty kernel, then
 * what follows on it. Prints one line of JSON. Arguments: services, endpoints each, `full`, `first` or `profile`.
 */
import { pino } from "pino";
import { Agent } from "../../src/agent/agent.ts";
import type { Kernel } from "../../src/agent/kernel.ts";
import { Passes } from "../../src/agent/passes.ts";
import { Store } from "../../src/agent/store.ts";
import { systemClock } from "../../src/base/clock.ts";
import { keepHeapSmall } from "../../src/base/small-heap.ts";
import { openKernel } from "../../src/cli/open-kernel.ts";
import type { Change, ClusterSource } from "../../src/kube/change.ts";
import type { EndpointSlice } from "../../src/model/cluster.ts";
import { NO_ADDRESSES, SURROUNDINGS } from "../fakes/agent-surroundings.ts";
import { type ClusterSize, serviceOf, sliceOf } from "./cluster.ts";
import { metered, newMeter } from "./metered.ts";
import { profile } from "./profile.ts";
import { spread } from "./spread.ts";

/** Single changes that are timed. */
const CHANGES = 500;
/** Passes with nothing to do that are timed. */
const IDLE_PASSES = 200;
const PROFILED_FUNCTIONS = 12;

const PLAN_OPTIONS = {
  defaultScheduler: { scheduler: "rr", schedulerFlags: [] },
  drainTimeoutMs: 30_000,
  externalRanges: [],
};
/** Long, so that no audit falls into what is timed. */
const AUDIT_PERIOD_MS = 3_600_000;

keepHeapSmall();
const [services = "1000", endpointsPerService = "10", mode = "full"] = process.argv.slice(2);
const size: ClusterSize = {
  services: Number(services),
  endpointsPerService: Number(endpointsPerService),
};
const log = pino({ level: "error" }, process.stderr);
const kernel = await openKernel(systemClock);

if (mode === "profile") {
  const passes = newPasses(kernel);
  process.stdout.write(
    `${JSON.stringify(await profile(() => passes.run(), PROFILED_FUNCTIONS))}\n`,
  );
} else if (mode === "first") {
  const { passes: _, ...first } = await firstPass();
  process.stdout.write(`${JSON.stringify({ first })}\n`);
} else {
  const first = await firstPass();
  const idle = await idlePasses(first.passes);
  const change = await singleChanges();
  const restart = await restartOnTable();
  const { passes: _, ...firstResult } = first;
  process.stdout.write(`${JSON.stringify({ first: firstResult, idle, change, restart })}\n`);
}
kernel.close();

function newPasses(on: Kernel): Passes {
  const store = new Store({ nodeName: "node", ...NO_ADDRESSES });
  store.accept({ kind: "replaced", picture: picture() });
  return new Passes({
    kernel: on,
    store,
    clock: systemClock,
    log,
    planOptions: PLAN_OPTIONS,
    auditPeriodMs: AUDIT_PERIOD_MS,
    ...SURROUNDINGS,
  });
}

function picture(): Extract<Change, { kind: "replaced" }>["picture"] {
  const range = Array.from({ length: size.services }, (_, service) => service);
  return {
    services: new Map(range.map((service) => [`bench/service-${service}`, serviceOf(service)])),
    slices: new Map(
      range.map((service) => {
        const slice = sliceOf(service, size, size.endpointsPerService);
        return [slice.name, slice];
      }),
    ),
    nodes: new Map(),
    complete: true,
  };
}

async function firstPass() {
  const meter = newMeter();
  const passes = newPasses(metered(kernel, meter));
  const startMs = performance.now();
  const result = await passes.run();
  const tookMs = performance.now() - startMs;
  const kernelMs = meter.ipvsWriteMs + meter.addressWriteMs + meter.filterWriteMs + meter.readMs;
  const otherMs = tookMs - kernelMs;
  return { passes, tookMs, otherMs, refused: result?.refused.length ?? -1, ...meter };
}

async function idlePasses(passes: Passes) {
  const times: number[] = [];
  for (let i = 0; i < IDLE_PASSES; i++) {
    const startMs = performance.now();
    await passes.run();
    times.push(performance.now() - startMs);
  }
  return spread(times);
}

/** From the event that the source tells to the kernel's acknowledgement, through the whole agent. */
async function singleChanges() {
  const meter = newMeter();
  const counted = metered(kernel, meter);
  let acknowledged = (): void => undefined;
  const watched: Kernel = {
    ...counted,
    ipvs: {
      ...counted.ipvs,
      write: async (operations) => {
        const failures = await counted.ipvs.write(operations);
        acknowledged();
        return failures;
      },
    },
  };
  let tell = (_: readonly Change[]): void => undefined;
  const ended = new AbortController();
  const source: ClusterSource = {
    problems: () => [],
    async *changes(signal) {
      yield [{ kind: "replaced", picture: picture() }];
      while (!signal.aborted) {
        yield await new Promise<readonly Change[]>((resolve) => {
          tell = resolve;
          ended.signal.onabort = () => resolve([]);
        });
      }
    },
  };
  const agent = new Agent({
    nodeName: "node",
    source,
    kernel: watched,
    clock: systemClock,
    log,
    planOptions: PLAN_OPTIONS,
    auditPeriodMs: AUDIT_PERIOD_MS,
    ...SURROUNDINGS,
    minSyncPeriodMs: 0,
    onPass: () => undefined,
  });
  const running = agent.run(ended.signal);
  while (agent.status().passes === 0) await systemClock.sleep(50);
  const times: number[] = [];
  for (let i = 0; i < CHANGES; i++) {
    const service = (i * 7919) % size.services;
    const value = grownSlice(service);
    const done = new Promise<void>((resolve) => {
      acknowledged = resolve;
    });
    const startMs = performance.now();
    tell([{ kind: "slice", name: value.name, value }]);
    await done;
    times.push(performance.now() - startMs);
    await systemClock.sleep(2);
  }
  const messages = meter.ipvsMessages;
  ended.abort();
  await running;
  return { ...spread(times), changes: CHANGES, messages };
}

/** A new agent on the table that the last one left; its plan is what the changes made of it. */
async function restartOnTable() {
  const meter = newMeter();
  const store = new Store({ nodeName: "node", ...NO_ADDRESSES });
  const before = picture();
  const changed = new Map(before.slices);
  for (let i = 0; i < CHANGES; i++) {
    const slice = grownSlice((i * 7919) % size.services);
    changed.set(slice.name, slice);
  }
  store.accept({ kind: "replaced", picture: { ...before, slices: changed } });
  const passes = new Passes({
    kernel: metered(kernel, meter),
    store,
    clock: systemClock,
    log,
    planOptions: { ...PLAN_OPTIONS },
    auditPeriodMs: AUDIT_PERIOD_MS,
    ...SURROUNDINGS,
  });
  const startMs = performance.now();
  await passes.run();
  const tookMs = performance.now() - startMs;
  return { tookMs, readMs: meter.readMs, messages: meter.ipvsMessages + meter.addressMessages };
}

/** The slice with one endpoint more: one message that adds a destination. */
function grownSlice(service: number): EndpointSlice {
  const endpointsPerService = size.endpointsPerService + 1;
  return sliceOf(service, { ...size, endpointsPerService }, endpointsPerService);
}
