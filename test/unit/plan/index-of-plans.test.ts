/** All plans together: who holds what, and what changed. */
import { describe, expect, test } from "vitest";
import { PlanIndex } from "../../../src/plan/index-of-plans.ts";
import { destination, plan, planned, tcp } from "./samples.ts";

const KEY = tcp("10.96.0.10", 80);
const ID = "tcp/10.96.0.10:80";

function indexOf(...plans: readonly ReturnType<typeof plan>[]): PlanIndex {
  const index = new PlanIndex();
  for (const one of plans) index.set(one.name, one);
  return index;
}

const claim = (name: string, createdMs = 0) =>
  plan(name, [planned(KEY, [destination("10.1.0.1", 80)])], { createdMs });

describe("two Services that want one virtual service", () => {
  test.each`
    one                   | other                 | holder
    ${claim("shop/a", 2)} | ${claim("shop/b", 1)} | ${"shop/b"}
    ${claim("shop/a", 1)} | ${claim("shop/b", 1)} | ${"shop/a"}
    ${claim("shop/a", 0)} | ${claim("shop/b", 9)} | ${"shop/b"}
    ${claim("shop/b", 0)} | ${claim("shop/a", 0)} | ${"shop/a"}
  `(
    "$one.name created at $one.createdMs, $other.name at $other.createdMs: $holder has it",
    ({ one, other, holder }) => {
      for (const index of [indexOf(one, other), indexOf(other, one)]) {
        expect(index.entry(ID)?.owner).toBe(holder);
        const loser = one.name === holder ? other.name : one.name;
        expect(index.findings(holder)).toEqual([]);
        expect(index.findings(loser)).toMatchObject([
          { severity: "warning", reason: "conflict", service: loser },
        ]);
        expect(index.findings(loser)[0]?.message).toContain(
          `${ID} is held by the Service ${holder}`,
        );
      }
    },
  );

  test("the loser takes over when the holder goes, and its finding goes", () => {
    const index = indexOf(claim("shop/a", 1), claim("shop/b", 2), claim("shop/c", 3));
    index.takeDirty();
    index.set("shop/a", undefined);
    expect(index.entry(ID)?.owner).toBe("shop/b");
    expect(index.findings("shop/b")).toEqual([]);
    expect(index.findings("shop/c")).toHaveLength(1);
    expect([...index.takeDirty().services.keys()]).toEqual([ID]);
  });

  test("the holder keeps it when it is planned again", () => {
    const index = indexOf(claim("shop/a", 1), claim("shop/b", 2));
    index.set("shop/a", claim("shop/a", 1));
    expect(index.entry(ID)?.owner).toBe("shop/a");
  });

  test("they share the address, which leaves with the last of them", () => {
    const index = indexOf(claim("shop/a", 1), claim("shop/b", 2));
    index.set("shop/a", undefined);
    expect(index.wantsAddress("10.96.0.10")).toBe(true);
    index.set("shop/b", undefined);
    expect(index.wantsAddress("10.96.0.10")).toBe(false);
    expect(index.entry(ID)).toBeUndefined();
  });
});

describe("what is dirty", () => {
  test("a new plan marks the keys and addresses of both the old and the new one", () => {
    const index = indexOf(claim("shop/a"));
    index.takeDirty();
    index.set("shop/a", plan("shop/a", [planned(tcp("10.96.0.11", 81), [])]));
    const { services, addresses } = index.takeDirty();
    expect([...services.keys()].sort()).toEqual([ID, "tcp/10.96.0.11:81"]);
    expect([...addresses].sort()).toEqual(["10.96.0.10", "10.96.0.11"]);
  });

  test("taking it empties it", () => {
    const index = indexOf(claim("shop/a"));
    expect(index.takeDirty().services.size).toBe(1);
    const { services, addresses } = index.takeDirty();
    expect(services.size + addresses.size).toBe(0);
  });

  test("marking all marks what is wanted, marking some adds to it", () => {
    const index = indexOf(claim("shop/a"));
    index.takeDirty();
    index.markAllDirty();
    const key = tcp("10.9.9.9", 1);
    index.markDirty({
      services: new Map([["tcp/10.9.9.9:1", key]]),
      addresses: new Set(["10.9.9.9"]),
      filters: new Set(),
    });
    const { services, addresses } = index.takeDirty();
    expect(services).toEqual(
      new Map([
        [ID, KEY],
        ["tcp/10.9.9.9:1", key],
      ]),
    );
    expect([...addresses]).toEqual(["10.96.0.10", "10.9.9.9"]);
  });
});

test("names, plans and findings are those that were set", () => {
  const finding = {
    severity: "info",
    reason: "no-endpoints",
    service: "shop/a",
    field: "",
    message: "none.",
  } as const;
  const index = indexOf(plan("shop/a", [], { findings: [finding] }));
  expect([...index.names()]).toEqual(["shop/a"]);
  expect(index.plan("shop/a")?.findings).toEqual([finding]);
  expect(index.findings("shop/a")).toEqual([finding]);
  expect(index.findings("shop/unknown")).toEqual([]);
});
