/** Current to desired: which operations, in which stage. */
import { expect, test } from "vitest";
import { Mirror } from "../../../src/agent/mirror.ts";
import { operationText } from "../../../src/model/operation.ts";
import type { TableEntry } from "../../../src/model/virtual-service.ts";
import { type Changes, countChanges, diff, flatten, NO_FILTERS } from "../../../src/plan/diff.ts";
import { PlanIndex } from "../../../src/plan/index-of-plans.ts";
import { serviceAddressElement } from "../../../src/plan/service-addresses.ts";
import type { PlannedService } from "../../../src/plan/service-plan.ts";
import { destination, plan, planned, SETTINGS, tcp } from "./samples.ts";

const KEY = tcp("10.96.0.10", 80);
const A = destination("10.1.0.1", 80);
const B = destination("10.1.0.2", 80);
const at = (one: typeof A, weight: number) => ({ ...one, weight });

interface Kernel {
  readonly entries: readonly TableEntry[];
  readonly addresses: readonly string[];
}

/** Operations of each stage as text, empty stages left out. */
function changes(kernel: Kernel, wanted: readonly PlannedService[]): Record<string, string[]> {
  const found = between(kernel, wanted);
  const texts = Object.entries(found).map(([stage, operations]) => [
    stage,
    operations.map(operationText),
  ]);
  return Object.fromEntries(texts.filter(([, operations]) => operations?.length));
}

function between({ entries, addresses }: Kernel, wanted: readonly PlannedService[]): Changes {
  const mirror = new Mirror();
  mirror.loadAddresses(addresses);
  for (const address of addresses) {
    mirror.apply({ kind: "add-filter", object: serviceAddressElement(address) });
  }
  for (const { service, destinations } of entries) mirror.load(service, destinations.values());
  const index = new PlanIndex();
  index.set("shop/web", plan("shop/web", wanted));
  const services = new Map(entries.map(({ service }) => [idOf(service), service.key]));
  index.markDirty({ services, addresses: new Set(addresses), filters: NO_FILTERS });
  return diff(mirror, index, index.takeDirty());
}

function idOf({ key }: TableEntry["service"]): string {
  return "mark" in key ? "" : `${key.protocol}/${key.address}:${key.port}`;
}

const NOTHING: Kernel = { entries: [], addresses: [] };

function kernel(...entries: readonly TableEntry[]): Kernel {
  return { entries, addresses: ["10.96.0.10"] };
}

test("a new Service: virtual service, destinations, address", () => {
  expect(changes(NOTHING, [planned(KEY, [A, B])])).toEqual({
    additions: [
      "add-service tcp/10.96.0.10:80 scheduler rr",
      "add-destination tcp/10.96.0.10:80 10.1.0.1:80 weight 1",
      "add-destination tcp/10.96.0.10:80 10.1.0.2:80 weight 1",
    ],
    filters: ["add-filter ip service-addresses { 10.96.0.10 }"],
    binds: ["add-address 10.96.0.10"],
  });
});

test("a Service that goes: address, then virtual service with all its destinations", () => {
  expect(changes(kernel(planned(KEY, [A, B])), [])).toEqual({
    unbinds: ["delete-address 10.96.0.10"],
    deletions: ["delete-service tcp/10.96.0.10:80"],
  });
});

test("equal is no operation", () => {
  expect(changes(kernel(planned(KEY, [A, B])), [planned(KEY, [B, A])])).toEqual({});
});

test.each`
  what                 | settings
  ${"the scheduler"}   | ${{ ...SETTINGS, scheduler: "lc" }}
  ${"a flag"}          | ${{ ...SETTINGS, schedulerFlags: ["flag-1"] }}
  ${"one-packet mode"} | ${{ ...SETTINGS, onePacket: true }}
  ${"affinity"}        | ${{ ...SETTINGS, persistence: { timeoutS: 60, prefixLength: 32, engine: "" } }}
`("$what changes in place, in one message", ({ settings }) => {
  const found = between(kernel(planned(KEY, [A])), [planned(KEY, [A], { settings })]);
  expect(flatten(found).map(({ kind }) => kind)).toEqual(["set-service"]);
  expect(countChanges(found)).toBe(1);
});

test("a new destination comes before the one that it replaces is drained", () => {
  expect(changes(kernel(planned(KEY, [A])), [planned(KEY, [B])])).toEqual({
    additions: ["add-destination tcp/10.96.0.10:80 10.1.0.2:80 weight 1"],
    removals: ["set-destination tcp/10.96.0.10:80 10.1.0.1:80 weight 0"],
  });
});

test("one that drains and is not wanted is left alone", () => {
  expect(changes(kernel(planned(KEY, [at(A, 0), B])), [planned(KEY, [B])])).toEqual({});
});

test("one that drains and is wanted again gets its weight back", () => {
  expect(changes(kernel(planned(KEY, [at(A, 0), B])), [planned(KEY, [A, B])])).toEqual({
    additions: ["set-destination tcp/10.96.0.10:80 10.1.0.1:80 weight 1"],
  });
});

test("one that is planned at weight 0 gets it after the others came", () => {
  expect(changes(kernel(planned(KEY, [A])), [planned(KEY, [at(A, 0), B])])).toEqual({
    additions: ["add-destination tcp/10.96.0.10:80 10.1.0.2:80 weight 1"],
    removals: ["set-destination tcp/10.96.0.10:80 10.1.0.1:80 weight 0"],
  });
});

test.each`
  protocol  | drainTimeoutMs | kind
  ${"tcp"}  | ${30_000}      | ${"set-destination"}
  ${"sctp"} | ${30_000}      | ${"set-destination"}
  ${"udp"}  | ${30_000}      | ${"delete-destination"}
  ${"tcp"}  | ${0}           | ${"delete-destination"}
`("$protocol with $drainTimeoutMs ms to drain: $kind", ({ protocol, drainTimeoutMs, kind }) => {
  const key = { ...KEY, protocol };
  const wanted = [planned(key, [B], { drainTimeoutMs })];
  const found = between(kernel(planned(key, [A, B])), wanted);
  expect(found.removals.map((operation) => operation.kind)).toEqual([kind]);
});

test("with nothing left to wait for, one that drains is deleted", () => {
  const wanted = [planned(KEY, [B], { drainTimeoutMs: 0 })];
  expect(changes(kernel(planned(KEY, [at(A, 0), B])), wanted)).toEqual({
    removals: ["delete-destination tcp/10.96.0.10:80 10.1.0.1:80"],
  });
});

test("draining changes the weight and nothing else", () => {
  const odd = destination("10.1.0.1", 80, { forward: "route", upperThreshold: 7, weight: 5 });
  const found = between(kernel(planned(KEY, [odd])), [planned(KEY, [B])]);
  expect(found.removals).toEqual([
    { kind: "set-destination", key: KEY, destination: { ...odd, weight: 0 } },
  ]);
});

test("an address that is there is not bound again, and a missing one is", () => {
  const wanted = [planned(KEY, [A])];
  expect(changes({ entries: [planned(KEY, [A])], addresses: [] }, wanted)).toEqual({
    filters: ["add-filter ip service-addresses { 10.96.0.10 }"],
    binds: ["add-address 10.96.0.10"],
  });
});

test("a key that is not dirty is not looked at", () => {
  const mirror = new Mirror();
  const index = new PlanIndex();
  index.set("shop/web", plan("shop/web", [planned(KEY, [A])]));
  const found = diff(mirror, index, {
    services: new Map(),
    addresses: new Set(),
    filters: NO_FILTERS,
  });
  expect(countChanges(found)).toBe(0);
});
