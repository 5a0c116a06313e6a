/** Slices by Service: in the order in which they came to be known, and nothing is left of those that went. */
import { expect, test } from "vitest";
import { Slices } from "../../../src/agent/slices.ts";
import type { EndpointSlice } from "../../../src/model/cluster.ts";
import { sliceOf } from "../../bench/cluster.ts";

const LIKE = sliceOf(0, { services: 1, endpointsPerService: 1 }, 1);

function slice(name: string, service: string): EndpointSlice {
  return { ...LIKE, name, service };
}

test("another version takes the place of the one before", () => {
  const slices = new Slices();
  const [a, b, again] = [slice("a", "web"), slice("b", "web"), slice("a", "web")];
  expect(slices.put("a", a)).toEqual(["web"]);
  const before = slices.of("web");
  slices.put("b", b);
  expect(before).toEqual([a]);
  expect(slices.put("a", again)).toEqual(["web"]);
  expect(slices.of("web")[0]).toBe(again);
  expect(slices.of("web")[1]).toBe(b);
});

test("one that goes to another Service concerns both", () => {
  const slices = new Slices();
  slices.put("a", slice("a", "web"));
  const moved = slice("a", "api");
  expect(slices.put("a", moved)).toEqual(["web", "api"]);
  expect([slices.of("web"), slices.of("api")]).toEqual([[], [moved]]);
});

test("one that goes is gone, and one that never was concerns nobody", () => {
  const slices = new Slices();
  slices.put("a", slice("a", "web"));
  expect(slices.put("a", undefined)).toEqual(["web"]);
  expect(slices.put("a", undefined)).toEqual([]);
  expect([slices.of("web"), [...slices.names()]]).toEqual([[], []]);
});
