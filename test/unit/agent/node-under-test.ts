/** The passes of one node over the fake kernel, and short words for what tests do with them. */
import { Passes, type PassesOptions, type PassResult } from "../../../src/agent/passes.ts";
import { Store } from "../../../src/agent/store.ts";
import type { EndpointSlice, Service } from "../../../src/model/cluster.ts";
import { operationText } from "../../../src/model/operation.ts";
import { destinationId, type TableEntry } from "../../../src/model/virtual-service.ts";
import { renderTable } from "../../../src/plan/render.ts";
import { NO_ADDRESSES, SURROUNDINGS } from "../../fakes/agent-surroundings.ts";
import { capturedLog } from "../../fakes/captured-log.ts";
import { FakeKernel } from "../../fakes/fake-kernel.ts";
import { picture } from "../../fakes/fake-source.ts";
import { ManualClock } from "../../fakes/manual-clock.ts";
import { endpoint, NODE, service, slice } from "../plan/samples.ts";

/** What holds for Services that say nothing else. */
export const PLAN_OPTIONS = {
  defaultScheduler: { scheduler: "rr", schedulerFlags: [] },
  drainTimeoutMs: 30_000,
  externalRanges: [],
} as const;

export const AUDIT_PERIOD_MS = 30_000;

/** A node; a second one made with the kernel of the first is the agent after a restart. */
export class NodeUnderTest {
  readonly kernel: FakeKernel;
  readonly clock = new ManualClock();
  readonly store = new Store({ nodeName: NODE.name, ...NO_ADDRESSES });
  readonly passes: Passes;
  readonly lines;

  constructor(kernel = new FakeKernel(), options: Pick<PassesOptions, "portion"> = {}) {
    this.kernel = kernel;
    const { log, lines } = capturedLog();
    this.lines = lines;
    this.passes = new Passes({
      kernel,
      store: this.store,
      clock: this.clock,
      log,
      planOptions: PLAN_OPTIONS,
      auditPeriodMs: AUDIT_PERIOD_MS,
      ...SURROUNDINGS,
      ...options,
    });
  }

  /** Tells everything at once. */
  see(services: readonly Service[], slices: readonly EndpointSlice[], complete = true): void {
    this.store.accept({ kind: "replaced", picture: picture(services, slices, { complete }) });
  }

  put(value: Service): void {
    this.store.accept({ kind: "service", name: value.name, value });
  }

  putSlice(value: EndpointSlice): void {
    this.store.accept({ kind: "slice", name: value.name, value });
  }

  remove(name: string): void {
    this.store.accept({ kind: "service", name, value: undefined });
  }

  /** One pass; what it wrote is in `wrote()`. */
  async pass(): Promise<PassResult> {
    this.kernel.seen.length = 0;
    this.kernel.calls.clear();
    const result = await this.passes.run();
    if (!result) throw new Error("the pass did nothing: no picture");
    return result;
  }

  /** Lets time pass, then does a pass. */
  async passAfter(ms: number): Promise<PassResult> {
    await this.clock.advance(ms);
    return this.pass();
  }

  /** The writing messages of the last pass; refused ones end in their errno. */
  wrote(): string[] {
    return this.kernel.seen.map(({ operation, code }) =>
      code === undefined ? operationText(operation) : `${operationText(operation)}: ${code}`,
    );
  }

  /** The kernel's virtual services in ipvsadm's words. */
  table(): string {
    return renderTable(tableOf(this.kernel));
  }

  addresses(): string[] {
    return [...(this.kernel.serviceLink?.addresses ?? [])].sort();
  }

  /** Messages of the log, from a level on. */
  said(level: number): string[] {
    return this.lines.filter((line) => line.level >= level).map(({ msg }) => msg);
  }
}

/** The rows of the fake kernel's table. */
export function tableOf({ table }: FakeKernel): TableEntry[] {
  return table.services().map((one) => {
    const found = table.destinations(one.key) ?? [];
    return {
      service: one,
      destinations: new Map(found.map((found) => [destinationId(found), found])),
    };
  });
}

/** A slice of `shop/web` with these addresses. */
export function endpoints(...addresses: readonly string[]): EndpointSlice {
  return slice(addresses.map((address) => endpoint(address)));
}

/** A Service `shop/NAME` on 10.96.0.`host`, and its slice with one endpoint. */
export function shop(
  name: string,
  host: number,
  parts: Partial<Service> = {},
): { service: Service; slice: EndpointSlice } {
  const full = `shop/${name}`;
  return {
    service: service({ name: full, clusterAddresses: [`10.96.0.${host}`], ...parts }),
    slice: slice([endpoint(`10.1.0.${host}`)], { name: `${full}-1`, service: full }),
  };
}
