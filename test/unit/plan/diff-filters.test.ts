/** Packet filter objects: which come and go, and in which order. */
import { expect, test } from "vitest";
import { operationText } from "../../../src/model/operation.ts";
import {
  type FilterObject,
  filterObjectId,
  type SourceChain,
} from "../../../src/model/packet-filter.ts";
import { diffFilters } from "../../../src/plan/diff-filters.ts";

const element = (key: string, value: string): FilterObject => ({
  kind: "element",
  family: "ipv4",
  set: "source-ranges",
  key,
  value,
});

const chain = (name: string, ...ranges: string[]): SourceChain => ({
  kind: "source-chain",
  family: "ipv4",
  name,
  ranges,
});

const A = "192.0.2.1 . tcp . 80";
const B = "192.0.2.2 . tcp . 80";
const TEN = chain("sources-10", "10.0.0.0/8");
const ELEVEN = chain("sources-11", "11.0.0.0/8");

function changes(before: readonly FilterObject[], after: readonly FilterObject[]): string[] {
  const current = new Map(before.map((object) => [filterObjectId(object), object]));
  const desired = new Map(after.map((object) => [filterObjectId(object), object]));
  const ids = new Set([...current.keys(), ...desired.keys()]);
  const found = diffFilters(
    (id) => current.get(id),
    (id) => desired.get(id),
    ids,
  );
  return found.map(operationText);
}

test("a chain comes before what jumps to it", () => {
  expect(changes([], [element(A, "jump sources-10"), TEN])).toEqual([
    "add-filter ip chain sources-10 { 10.0.0.0/8 }",
    `add-filter ip source-ranges { ${A} : jump sources-10 }`,
  ]);
});

test("a chain leaves after what jumps to it", () => {
  expect(changes([TEN, element(A, "jump sources-10")], [])).toEqual([
    `delete-filter ip source-ranges { ${A} }`,
    "delete-filter ip chain sources-10",
  ]);
});

test("an element with another value leaves and comes, the rest stays", () => {
  const before = [TEN, element(A, "jump sources-10"), element(B, "drop")];
  const after = [ELEVEN, element(A, "jump sources-11"), element(B, "drop")];
  expect(changes(before, after)).toEqual([
    `delete-filter ip source-ranges { ${A} }`,
    "delete-filter ip chain sources-10",
    "add-filter ip chain sources-11 { 11.0.0.0/8 }",
    `add-filter ip source-ranges { ${A} : jump sources-11 }`,
  ]);
});

test("a chain of the same name and other ranges, as somebody may have left it, is made anew", () => {
  expect(changes([chain("sources-10", "10.0.0.0/9")], [TEN])).toEqual([
    "delete-filter ip chain sources-10",
    "add-filter ip chain sources-10 { 10.0.0.0/8 }",
  ]);
});

test("equal is no operation", () => {
  const objects = [TEN, element(A, "jump sources-10")];
  expect(changes(objects, objects)).toEqual([]);
});
