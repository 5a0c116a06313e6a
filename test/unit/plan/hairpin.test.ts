/** Which endpoints are masqueraded when they reach themselves. */
import { expect, test } from "vitest";
import { planService } from "../../../src/plan/service.ts";
import { filterOf } from "./plan-text.ts";
import { endpoint, NODE, planInput, slice } from "./samples.ts";

const ADDRESSES = ["10.1.0.1", "10.1.0.2", "192.168.77.10"];

function filtersOn(...ownAddresses: readonly string[]): readonly string[] {
  const endpoints = ADDRESSES.map((address, number) =>
    endpoint(address, { nodeName: number === 1 ? "node-b" : NODE.name }),
  );
  const node = { ...NODE, ownAddresses: new Set(ownAddresses) };
  return filterOf(planService(planInput({ slices: [slice(endpoints)], node })));
}

test("pods of this node are, and those in the node's own network are not", () => {
  expect(filtersOn("192.168.77.10", "192.168.88.10")).toEqual([
    "ip hairpin { 10.1.0.1 . 10.1.0.1 }",
  ]);
  expect(filtersOn()).toEqual([
    "ip hairpin { 10.1.0.1 . 10.1.0.1 }",
    "ip hairpin { 192.168.77.10 . 192.168.77.10 }",
  ]);
});
