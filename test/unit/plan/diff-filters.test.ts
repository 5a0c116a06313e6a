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

/** Operations of each stage as text, empty stages left out. */
function changes(
  before: readonly FilterObject[],
  after: readonly FilterObject[],
): Record<string, string[]> {
  const current = new Map(before.map((object) => [filterObjectId(object), object]));
  const desired = new Map(after.map((object) => [filterObjectId(object), object]));
  const ids = new Set([...current.keys(), ...desired.keys()]);
  const found = diffFilters(
    (id) => current.get(id),
    (id) => desired.get(id),
    ids,
  );
  const texts = Object.entries(found).map(([stage, all]) => [stage, all.map(operationText)]);
  return Object.fromEntries(texts.filter(([, operations]) => operations?.length));
}

test("a chain comes before what jumps to it", () => {
  expect(changes([], [element(A, "jump sources-10"), TEN])).toEqual({
    closings: [
      "add-filter ip chain sources-10 { 10.0.0.0/8 }",
      `add-filter ip source-ranges { ${A} : jump sources-10 }`,
    ],
  });
});

test("a chain leaves after what jumps to it", () => {
  expect(changes([TEN, element(A, "jump sources-10")], [])).toEqual({
    openings: [`delete-filter ip source-ranges { ${A} }`, "delete-filter ip chain sources-10"],
  });
});

test("an element with another value leaves and comes at once, the rest stays", () => {
  const before = [TEN, element(A, "jump sources-10"), element(B, "drop")];
  const after = [ELEVEN, element(A, "jump sources-11"), element(B, "drop")];
  expect(changes(before, after)).toEqual({
    closings: [
      `delete-filter ip source-ranges { ${A} }`,
      "delete-filter ip chain sources-10",
      "add-filter ip chain sources-11 { 11.0.0.0/8 }",
      `add-filter ip source-ranges { ${A} : jump sources-11 }`,
    ],
  });
});

test("a chain stays until the last of what jumps to it has gone", () => {
  const before = [TEN, element(A, "jump sources-10"), element(B, "jump sources-10")];
  expect(changes(before, [ELEVEN, element(A, "jump sources-11")])).toEqual({
    closings: [
      `delete-filter ip source-ranges { ${A} }`,
      "add-filter ip chain sources-11 { 11.0.0.0/8 }",
      `add-filter ip source-ranges { ${A} : jump sources-11 }`,
    ],
    openings: [`delete-filter ip source-ranges { ${B} }`, "delete-filter ip chain sources-10"],
  });
});

test("a chain of the same name and other ranges, as somebody may have left it, is made anew", () => {
  expect(changes([chain("sources-10", "10.0.0.0/9")], [TEN])).toEqual({
    closings: [
      "delete-filter ip chain sources-10",
      "add-filter ip chain sources-10 { 10.0.0.0/8 }",
    ],
  });
});

test("what keeps nobody out is apart, whatever its sign", () => {
  const hairpin = { ...element("10.1.0.1 . 10.1.0.1", ""), set: "hairpin" } as FilterObject;
  const closed = { ...element(A, ""), set: "closed-to-node" } as FilterObject;
  expect(changes([], [hairpin, closed])).toEqual({
    closings: [`add-filter ip closed-to-node { ${A} }`],
    filters: ["add-filter ip hairpin { 10.1.0.1 . 10.1.0.1 }"],
  });
});

test("equal is no operation", () => {
  const objects = [TEN, element(A, "jump sources-10")];
  expect(changes(objects, objects)).toEqual({});
});
