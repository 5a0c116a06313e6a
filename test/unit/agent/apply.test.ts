/** The stages of a write and what a refusal or a broken call leaves believed. */
import { expect, test } from "vitest";
import { apply, NO_CHANGES } from "../../../src/agent/apply.ts";
import { Failures } from "../../../src/agent/failures.ts";
import { FlowsToForget } from "../../../src/agent/flows-to-forget.ts";
import { Mirror } from "../../../src/agent/mirror.ts";
import { sumOutcomes } from "../../../src/agent/outcome.ts";
import { splitFirst } from "../../../src/agent/split-first.ts";
import { serviceId } from "../../../src/model/virtual-service.ts";
import { PlanIndex } from "../../../src/plan/index-of-plans.ts";
import { capturedLog } from "../../fakes/captured-log.ts";
import { FakeKernel } from "../../fakes/fake-kernel.ts";
import { ManualClock } from "../../fakes/manual-clock.ts";
import { destination, plan, planned, SETTINGS, tcp } from "../plan/samples.ts";

const KEY = tcp("10.96.0.1", 80);
const A = destination("10.1.0.1", 8080);
const B = destination("10.1.0.2", 8080);
const SERVICE = { key: KEY, settings: SETTINGS };

/** A kernel with its link, a mirror of it, and the plan of `KEY` with A and B. */
function scene() {
  const kernel = new FakeKernel();
  kernel.addLink("dummy");
  const mirror = new Mirror();
  const { log } = capturedLog();
  const { conntrack } = kernel;
  const flows = new FlowsToForget({ conntrack, clock: new ManualClock(), log });
  const desired = new PlanIndex();
  const wanted = planned(KEY, [A, B]);
  desired.set("shop/web", plan("shop/web", [wanted]));
  return { kernel, mirror, desired, flows, failures: new Failures(), wanted };
}

test("a refused destination leaves the mirror without it, and the plan with it", async () => {
  const { kernel, mirror, desired, flows, failures, wanted } = scene();
  const held = desired.entry(serviceId(KEY));
  if (!held) throw new Error("the plan is not held");
  kernel.refuse = (operation) =>
    operation.kind === "add-destination" && operation.destination.address === B.address
      ? "ENOMEM"
      : undefined;
  const outcome = await apply(
    [
      {
        ...NO_CHANGES,
        additions: [
          { kind: "add-service", service: held.service },
          { kind: "add-destination", key: held.service.key, destination: A },
          { kind: "add-destination", key: held.service.key, destination: B },
        ],
      },
    ],
    { kernel, mirror, desired, flows, failures },
  );
  expect(outcome).toMatchObject({ applied: 2, skipped: 0, refused: [{ kind: "add-destination" }] });
  expect([...(mirror.entry(serviceId(KEY))?.destinations.keys() ?? [])]).toEqual(["10.1.0.1:8080"]);
  expect(wanted.destinations.size).toBe(2);
});

test("stages go in order over all parts: additions, binds, removals, unbinds, deletions", async () => {
  const { kernel, mirror, desired, flows, failures } = scene();
  const old = tcp("10.96.0.9", 80);
  kernel.addForeign({ key: old, settings: SETTINGS }, [A]);
  kernel.serviceLink?.addresses.add("10.96.0.9");
  mirror.load({ key: old, settings: SETTINGS }, [A]);
  mirror.loadAddresses(["10.96.0.9"]);
  const parts = [
    { ...NO_CHANGES, deletions: [{ kind: "delete-service", key: old } as const] },
    {
      ...NO_CHANGES,
      additions: [{ kind: "add-service", service: SERVICE } as const],
      binds: [{ kind: "add-address", address: "10.96.0.1" } as const],
      removals: [{ kind: "delete-destination", key: old, destination: A } as const],
      unbinds: [{ kind: "delete-address", address: "10.96.0.9" } as const],
    },
  ];
  await apply(parts, { kernel, mirror, desired, flows, failures });
  expect(kernel.seen.map(({ operation }) => operation.kind)).toEqual([
    "add-service",
    "add-address",
    "delete-destination",
    "delete-address",
    "delete-service",
  ]);
  expect([...mirror.ids()]).toEqual([serviceId(KEY)]);
  expect([...mirror.addresses()]).toEqual(["10.96.0.1"]);
});

test("a call that rejects may have added virtual services: the mirror believes it until it is read again", async () => {
  const { kernel, mirror, desired, flows, failures } = scene();
  kernel.before = (call) => {
    if (call === "write") throw new Error("socket broke");
  };
  const additions = [{ kind: "add-service", service: SERVICE } as const];
  const done = apply([{ ...NO_CHANGES, additions }], { kernel, mirror, desired, flows, failures });
  await expect(done).rejects.toThrow("socket broke");
  expect([...mirror.ids()]).toEqual([serviceId(KEY)]);
});

test("only the first refusal of a subject is told", async () => {
  const { kernel, mirror, desired, flows, failures } = scene();
  kernel.refuse = () => "ENOMEM";
  const removals = [A, B].map(
    (one) => ({ kind: "delete-destination", key: KEY, destination: one }) as const,
  );
  const outcome = await apply([{ ...NO_CHANGES, removals }], {
    kernel,
    mirror,
    desired,
    flows,
    failures,
  });
  expect(outcome.refused).toHaveLength(1);
  expect(sumOutcomes([outcome, outcome])).toMatchObject({ applied: 0, refused: { length: 2 } });
});

test("the keys of one plan are split off, its addresses with them, and nothing without a need", () => {
  const dirty = {
    services: new Map([
      [serviceId(KEY), KEY],
      ["tcp/10.96.0.2:80", tcp("10.96.0.2", 80)],
    ]),
    addresses: new Set(["10.96.0.1", "10.96.0.2"]),
    filters: new Set<string>(),
  };
  const { first, rest } = splitFirst(dirty, plan("default/kubernetes", [planned(KEY, [A])]));
  expect([...first.services.keys(), ...first.addresses]).toEqual([serviceId(KEY), "10.96.0.1"]);
  expect([...rest.services.keys(), ...rest.addresses]).toEqual(["tcp/10.96.0.2:80", "10.96.0.2"]);
  expect(splitFirst(dirty, undefined).rest).toBe(dirty);
});
