/** Laws of source ranges: from any state to any other nobody is let in who is to be kept out. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { Mirror } from "../../src/agent/mirror.ts";
import type { Operation } from "../../src/model/operation.ts";
import {
  type FilterObject,
  filterObjectId,
  type SourceChain,
} from "../../src/model/packet-filter.ts";
import { type SocketKey, serviceId, socketText } from "../../src/model/virtual-service.ts";
import { type Changes, diffInParts, flatten, SERVICES_PER_PART_MAX } from "../../src/plan/diff.ts";
import { PlanIndex } from "../../src/plan/index-of-plans.ts";
import { serviceAddressElement } from "../../src/plan/service-addresses.ts";
import type { PlannedService } from "../../src/plan/service-plan.ts";
import { destination, plan, planned } from "../unit/plan/samples.ts";

const RUNS = { numRuns: 500 };

function chain(name: string): SourceChain {
  return { kind: "source-chain", family: "ipv4", name, ranges: ["198.51.100.0/24"] };
}

/** A frontend with the ranges of that name; "" for none. */
function balanced(key: SocketKey, ranges: string): PlannedService {
  const frontend = `${key.address} . tcp . ${key.port}`;
  const element = { kind: "element", family: "ipv4", key: frontend } as const;
  const elements: FilterObject[] = [{ ...element, set: "masqueraded", value: "" }];
  if (ranges !== "") {
    elements.push(
      chain(ranges),
      { ...element, set: "source-ranges", value: `jump ${ranges}` },
      { ...element, set: "closed-to-node", value: "" },
    );
  }
  const kind = "load-balancer";
  return planned(key, [destination("10.1.0.1", 80)], { kind, elements });
}

const anyFrontend = fc
  .record({
    address: fc.constantFrom("192.0.2.1", "192.0.2.2"),
    port: fc.constantFrom(80, 443, 8_443),
    ranges: fc.constantFrom("", "sources-a", "sources-b"),
  })
  .map(({ address, port, ranges }) => balanced({ protocol: "tcp", address, port }, ranges));

const anyState = fc.uniqueArray(anyFrontend, { selector: ({ id }) => id, maxLength: 5 });

function indexOf(state: readonly PlannedService[]): PlanIndex {
  const index = new PlanIndex();
  index.set("shop/web", plan("shop/web", state));
  return index;
}

function kernelOf(state: readonly PlannedService[]): Mirror {
  const mirror = new Mirror();
  for (const { service, destinations, elements } of state) {
    mirror.load(service, destinations.values());
    for (const object of elements) mirror.apply({ kind: "add-filter", object });
  }
  const { addresses } = plan("shop/web", state);
  mirror.loadAddresses(addresses);
  for (const address of addresses) {
    mirror.apply({ kind: "add-filter", object: serviceAddressElement(address) });
  }
  return mirror;
}

function changesTo(mirror: Mirror, index: PlanIndex): Changes[] {
  index.markAllDirty();
  const entries = [...mirror.entries()];
  index.markDirty({
    services: new Map(entries.map(({ service: { key } }) => [serviceId(key), key] as const)),
    addresses: mirror.addresses(),
    filters: new Set(mirror.filterIds()),
  });
  return [...diffInParts(mirror, index, index.takeDirty())];
}

/** What keeps clients out of a frontend now. */
function guardsOf(mirror: Mirror, { address, port }: SocketKey): string[] {
  return ["source-ranges", "closed-to-node"].filter((set) =>
    mirror.filter(`ip ${set} { ${address} . tcp . ${port} }`),
  );
}

/** Frontends that clients can reach, with whether anything keeps them out. */
function reachable(mirror: Mirror): Map<string, boolean> {
  const keys = [...mirror.entries()].flatMap(({ service: { key } }) =>
    "mark" in key || !mirror.hasAddress(key.address) ? [] : [key],
  );
  return new Map(
    keys.map((key) => [socketText(key.address, key.port), guardsOf(mirror, key).length === 2]),
  );
}

/** A transaction is one step. */
function stepsOf(operations: readonly Operation[]): Operation[][] {
  const steps: Operation[][] = [];
  for (const operation of operations) {
    const last = steps.at(-1);
    if ("object" in operation && last?.[0] && "object" in last[0]) last.push(operation);
    else steps.push([operation]);
  }
  return steps;
}

test("a frontend is reached without source ranges only where it wants none after, or had none before and goes on", () => {
  fc.assert(
    fc.property(anyState, anyState, (before, after) => {
      const mirror = kernelOf(before);
      const closed = (state: readonly PlannedService[]): Set<string> =>
        new Set(state.filter(({ elements }) => elements.length > 1).map(({ id }) => id));
      const [was, willBe] = [closed(before), closed(after)];
      const open = new Set(after.map(({ id }) => id).filter((id) => !willBe.has(id)));
      const known = new Set(before.map(({ id }) => id));
      for (const step of stepsOf(changesTo(mirror, indexOf(after)).flatMap(flatten))) {
        for (const operation of step) mirror.apply(operation);
        for (const [socket, isGuarded] of reachable(mirror)) {
          const id = `tcp/${socket}`;
          const mayBeOpen = open.has(id) || (known.has(id) && !was.has(id));
          expect(isGuarded || mayBeOpen, id).toBe(true);
        }
      }
      const wanted = new Set(after.flatMap(({ elements }) => elements.map(filterObjectId)));
      const held = [...mirror.filterIds()].filter((id) => !id.includes("service-addresses"));
      expect(new Set(held)).toEqual(wanted);
    }),
    RUNS,
  );
});

test("a chain is there for all that jumps to it, and no longer", () => {
  fc.assert(
    fc.property(anyState, anyState, (before, after) => {
      const mirror = kernelOf(before);
      for (const step of stepsOf(changesTo(mirror, indexOf(after)).flatMap(flatten))) {
        for (const operation of step) mirror.apply(operation);
        const held = [...mirror.filterIds()].flatMap((id) => mirror.filter(id) ?? []);
        for (const object of held) {
          if (object.kind !== "element" || !object.value.startsWith("jump ")) continue;
          expect(mirror.filter(`ip chain ${object.value.slice(5)}`)).toBeDefined();
        }
      }
    }),
    RUNS,
  );
});

test("of several parts the first has all that closes, and the last all other elements", () => {
  const ports = Array.from({ length: SERVICES_PER_PART_MAX * 2 + 1 }, (_, index) => index + 1);
  const state = ports.map((port) =>
    balanced({ protocol: "tcp", address: "192.0.2.1", port }, port % 2 ? "sources-a" : ""),
  );
  const parts = changesTo(new Mirror(), indexOf(state));
  const counts = parts.map(({ closings, additions, filters, binds }) =>
    [closings, additions, filters, binds].map(({ length }) => length),
  );
  const guarded = SERVICES_PER_PART_MAX + 1;
  expect(counts).toEqual([
    [2 * guarded + 1, 2 * SERVICES_PER_PART_MAX, 0, 0],
    [0, 2 * SERVICES_PER_PART_MAX, 0, 0],
    [0, 2, ports.length + 1, 1],
  ]);
});
