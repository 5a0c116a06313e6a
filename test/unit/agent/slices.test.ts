/** Slices by Service: in the order in which they came to be known, and nothing is left of those that went. */
import { expect, test } from "vitest";
import { Slices } from "../../../src/agent/slices.ts";
import type { EndpointSlice } from "../../../src/model/cluster.ts";
import { slice as sliceLike } from "../plan/samples.ts";

function slice(name: string, service: string): EndpointSlice {
  return sliceLike([], { name, service });
}

/** By identity: versions of one slice are equal here. */
function expectOf(slices: Slices, service: string, wanted: readonly EndpointSlice[]): void {
  const found = slices.of(service);
  expect(found.length).toBe(wanted.length);
  for (const [index, one] of wanted.entries()) expect(found[index]).toBe(one);
}

test("another version takes the place of the one before, in a list of its own", () => {
  const slices = new Slices();
  const [a, b, again] = [slice("a", "web"), slice("b", "web"), slice("a", "web")];
  expect(slices.put("a", a)).toEqual(["web"]);
  slices.put("b", b);
  const before = slices.of("web");
  expect(slices.put("a", again)).toEqual(["web"]);
  expectOf(slices, "web", [again, b]);
  expect(before[0]).toBe(a);
});

test("one that goes to another Service concerns both, and leaves its siblings", () => {
  const slices = new Slices();
  const [a, b, moved] = [slice("a", "web"), slice("b", "web"), slice("a", "api")];
  slices.put("a", a);
  slices.put("b", b);
  expect(slices.put("a", moved)).toEqual(["web", "api"]);
  expectOf(slices, "web", [b]);
  expectOf(slices, "api", [moved]);
});

test("one that goes is gone, its siblings stay, and one that never was concerns nobody", () => {
  const slices = new Slices();
  const [a, b] = [slice("a", "web"), slice("b", "web")];
  slices.put("a", a);
  slices.put("b", b);
  expect(slices.put("b", undefined)).toEqual(["web"]);
  expectOf(slices, "web", [a]);
  expect(slices.put("a", undefined)).toEqual(["web"]);
  expect(slices.put("a", undefined)).toEqual([]);
  expect([...slices.names()]).toEqual([]);
  // The one empty list of all Services without slices: nothing is kept for this one.
  expect(slices.of("web")).toBe(slices.of("nobody"));
});
