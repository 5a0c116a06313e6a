/** Drift: whatever somebody else does to what is ours is found and put right; nothing else is touched. */
import { expect, test } from "vitest";
import { AUDIT_SERVICES_PER_STEP } from "../../../src/agent/audit.ts";
import { AUDIT_PAUSE_PER_MS, AUDIT_STEP_MS_MAX } from "../../../src/agent/audit-pace.ts";
import type { FakeCall, FakeKernel } from "../../fakes/fake-kernel.ts";
import { destination, SETTINGS, tcp } from "../plan/samples.ts";
import { AUDIT_PERIOD_MS, endpoints, NodeUnderTest, shop } from "./node-under-test.ts";

const WEB = shop("web", 10);
const KEY = tcp("10.96.0.10", 80);
const A = destination("10.1.0.1", 8080);
const LC = { ...SETTINGS, scheduler: "lc" };
const ADD_A = "add-destination tcp/10.96.0.10:80 10.1.0.1:8080 weight 1";

async function settled(): Promise<NodeUnderTest> {
  const node = new NodeUnderTest();
  node.see([WEB.service], [endpoints("10.1.0.1")]);
  await node.pass();
  return node;
}

interface Case {
  readonly name: string;
  readonly drift: (kernel: FakeKernel) => unknown;
  readonly found: string;
  readonly repaired: readonly string[];
}

const CASES: readonly Case[] = [
  {
    name: "a virtual service that is gone",
    drift: ({ table }) => table.apply({ kind: "delete-service", key: KEY }),
    found: "virtual service missing",
    repaired: ["add-service tcp/10.96.0.10:80 scheduler rr", ADD_A],
  },
  {
    name: "settings that were changed",
    drift: ({ table }) => table.apply({ kind: "set-service", service: { key: KEY, settings: LC } }),
    found: "settings changed (scheduler lc)",
    repaired: ["set-service tcp/10.96.0.10:80 scheduler rr"],
  },
  {
    name: "a virtual service on an address of ours that nobody asked for",
    drift: ({ table }) =>
      table.apply({ kind: "add-service", service: { key: tcp("10.96.0.10", 99), settings: LC } }),
    found: "virtual service not ours",
    repaired: ["delete-service tcp/10.96.0.10:99"],
  },
  {
    name: "a destination that is gone",
    drift: ({ table }) => table.apply({ kind: "delete-destination", key: KEY, destination: A }),
    found: "destinations changed",
    repaired: [ADD_A],
  },
  {
    name: "a weight that was changed",
    drift: ({ table }) =>
      table.apply({ kind: "set-destination", key: KEY, destination: { ...A, weight: 0 } }),
    found: "destinations changed",
    repaired: ["set-destination tcp/10.96.0.10:80 10.1.0.1:8080 weight 1"],
  },
  {
    name: "a destination that nobody asked for",
    drift: ({ table }) =>
      table.apply({
        kind: "add-destination",
        key: KEY,
        destination: destination("10.9.9.9", 9),
      }),
    found: "destinations changed",
    repaired: ["set-destination tcp/10.96.0.10:80 10.9.9.9:9 weight 0"],
  },
  {
    name: "an address that is gone",
    drift: ({ serviceLink }) => serviceLink?.addresses.delete("10.96.0.10"),
    found: "address missing",
    repaired: ["add-address 10.96.0.10"],
  },
  {
    name: "an address that nobody asked for",
    drift: ({ serviceLink }) => serviceLink?.addresses.add("10.96.0.99"),
    found: "address not ours",
    repaired: ["delete-address 10.96.0.99"],
  },
  {
    name: "the link that is gone",
    drift: (kernel) => kernel.deleteLink(),
    found: "the link was gone; made again",
    repaired: ["add-address 10.96.0.10"],
  },
];

test.each(CASES)("finds and repairs $name", async ({ drift, found, repaired }) => {
  const node = await settled();
  const before = node.table();
  drift(node.kernel);
  await node.passAfter(AUDIT_PERIOD_MS);
  expect(node.wrote()).toEqual(repaired);
  const line = node.lines.find(({ msg }) => msg.startsWith("the kernel differed"));
  expect(JSON.stringify(line)).toContain(found);
  // A stray destination drains first.
  await node.passAfter(1_000);
  expect(node.table()).toBe(before);
  expect(node.addresses()).toEqual(["10.96.0.10"]);
});

test("leaves alone what others made, while it changes and when it goes", async () => {
  const node = await settled();
  const foreign = tcp("192.0.2.1", 80);
  node.kernel.addForeign({ key: foreign, settings: SETTINGS }, [A]);
  await node.passAfter(AUDIT_PERIOD_MS);
  node.kernel.table.apply({ kind: "set-service", service: { key: foreign, settings: LC } });
  await node.passAfter(AUDIT_PERIOD_MS);
  expect(node.wrote()).toEqual([]);
  node.kernel.table.apply({ kind: "delete-service", key: foreign });
  await node.passAfter(AUDIT_PERIOD_MS);
  expect(node.wrote()).toEqual([]);
  expect(node.said(40)).toEqual([]);
});

/** A step of which one call takes so long; the clock is at its time already. */
async function slowStep(node: NodeUnderTest, slow: FakeCall, ms: number): Promise<void> {
  node.kernel.before = (call) => (call === slow ? node.clock.sleep(ms) : undefined);
  const pass = node.pass();
  await node.clock.advance(ms);
  await pass;
}

function pauseMs(node: NodeUnderTest): number {
  return node.passes.nextMs() - node.clock.nowMs();
}

test("is not due before its time, and waits longer where every step takes long", async () => {
  const node = await settled();
  await node.passAfter(AUDIT_PERIOD_MS - 1);
  expect(node.kernel.calls.size).toBe(0);
  await node.clock.advance(1);
  await slowStep(node, "services", 200);
  // One alone may be the machine's fault.
  expect(pauseMs(node)).toBe(AUDIT_PERIOD_MS);
  await node.clock.advance(AUDIT_PERIOD_MS);
  await slowStep(node, "services", 100);
  expect(pauseMs(node)).toBe(100 * AUDIT_PAUSE_PER_MS);
  for (let steps = 0; steps < 2; steps++) {
    await node.clock.advance(pauseMs(node));
    await slowStep(node, "services", 5_000);
  }
  expect(pauseMs(node)).toBe(AUDIT_STEP_MS_MAX);
});

test("counts all of a pass that only it was the reason for", async () => {
  const node = await settled();
  for (let steps = 0; steps < 2; steps++) {
    await node.clock.advance(pauseMs(node));
    await slowStep(node, "nodeAddresses", 200);
  }
  expect(pauseMs(node)).toBe(200 * AUDIT_PAUSE_PER_MS);
});

async function settledWith(count: number): Promise<NodeUnderTest> {
  const many = Array.from({ length: count }, (_, at) =>
    shop(`web-${at}`, 0, { clusterAddresses: [`10.96.${1 + (at >> 8)}.${at & 255}`] }),
  );
  const node = new NodeUnderTest();
  node.see(
    many.map(({ service }) => service),
    many.map(({ slice }) => slice),
  );
  await node.pass();
  return node;
}

test("of a large table reads a part of the destinations at a time, then addresses, then virtual services", async () => {
  const node = await settledWith(2 * AUDIT_SERVICES_PER_STEP + 1);
  const steps: string[] = [];
  for (let step = 0; step < 6; step++) {
    await node.passAfter(pauseMs(node));
    steps.push([...node.kernel.calls.keys()].join());
  }
  const parts = ["destinations", "destinations", "destinations"];
  expect(steps).toEqual([...parts, "addresses,nodeAddresses", "services", "destinations"]);
});

test("what was found while a large table was read by parts is repaired", async () => {
  const node = await settledWith(AUDIT_SERVICES_PER_STEP + 1);
  const before = node.table();
  const key = tcp("10.96.1.7", 80);
  node.kernel.table.apply({ kind: "delete-service", key });
  node.kernel.serviceLink?.addresses.delete("10.96.1.9");
  const [last] = node.kernel.table.services().slice(-1);
  if (last) node.kernel.table.apply({ kind: "set-service", service: { ...last, settings: LC } });
  for (let step = 0; step < 4; step++) await node.passAfter(pauseMs(node));
  expect(node.table()).toBe(before);
  expect(node.addresses()).toContain("10.96.1.9");
});
