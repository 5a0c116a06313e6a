/** Trigger times wait with their Services. */
import { expect, test } from "vitest";
import { Triggers } from "../../../src/agent/triggers.ts";
import { endpoint, slice } from "../plan/samples.ts";

function triggersOf(...services: readonly string[]): Triggers {
  const triggers = new Triggers();
  for (const [index, service] of services.entries()) {
    triggers.note(slice([endpoint("10.1.0.1")], { service, triggerMs: 1_000 + index }));
  }
  return triggers;
}

test("a slice without a trigger time, and one that is gone, say nothing", () => {
  const triggers = triggersOf();
  triggers.note(slice([endpoint("10.1.0.1")], { triggerMs: 0 }));
  triggers.note(undefined);
  expect(triggers.take()).toEqual([]);
});

test("those of Services that wait are there for the next pass, before newer ones", () => {
  const triggers = triggersOf("shop/a", "shop/b");
  const taken = triggers.take();
  triggers.note(slice([endpoint("10.1.0.2")], { service: "shop/c", triggerMs: 2_000 }));
  const done = triggers.sort(taken, (name) => name === "shop/b");
  expect(done).toEqual([{ service: "shop/a", family: "ipv4", triggerMs: 1_000 }]);
  expect(triggers.take()).toEqual([
    { service: "shop/b", family: "ipv4", triggerMs: 1_001 },
    { service: "shop/c", family: "ipv4", triggerMs: 2_000 },
  ]);
});

test("what is cleared is forgotten", () => {
  const triggers = triggersOf("shop/a");
  triggers.clear();
  expect(triggers.take()).toEqual([]);
});
