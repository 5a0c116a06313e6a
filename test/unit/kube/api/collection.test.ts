/** One collection: what is told of wrong objects, of few and of far too many. */
import { beforeEach, expect, test } from "vitest";
import { Collection, WRONG_OBJECTS_MAX } from "../../../../src/kube/api/collection.ts";
import { ENDPOINT_SLICES } from "../../../../src/kube/api/resource.ts";
import { sourceProblemText } from "../../../../src/kube/change.ts";
import { StandingProblems } from "../../../../src/kube/standing-problems.ts";
import { StringPool } from "../../../../src/kube/string-pool.ts";
import { sliceJson } from "../samples.ts";

let told: string[];
let slices: Collection;
let standing: StandingProblems;
beforeEach(() => {
  told = [];
  standing = new StandingProblems({
    onProblem: (problem) => told.push(sourceProblemText(problem)),
    onSolved: (problem) => told.push(`mended: ${sourceProblemText(problem)}`),
  });
  slices = new Collection(ENDPOINT_SLICES, { pool: new StringPool(), standing });
});

const LABELS = { "kubernetes.io/service-name": "web" };

function wrong(index: number): object {
  return sliceJson({ addressType: 7 }, { name: `s${index}`, labels: LABELS });
}

function good(index: number): object {
  return sliceJson({}, { name: `s${index}`, labels: LABELS });
}

test.each([
  { what: "names no Service", object: sliceJson({}, { labels: {} }) },
  { what: "has names as addresses", object: sliceJson({ addressType: "FQDN" }) },
  { what: "has ports without a number", object: sliceJson({ ports: [{ name: "a" }, {}] }) },
])("a slice that $what is valid in a cluster, and no problem", ({ object }) => {
  slices.put(object);
  expect(standing.all()).toEqual([]);
});

test("hints that are not told leave room for what is wrong", () => {
  const ports = Array.from({ length: 100 }, () => ({ name: "without" }));
  slices.put(sliceJson({ ports: [...ports, { port: 70_000 }] }));
  expect(told).toEqual([expect.stringContaining("ports[100].port")]);
});

test("of more wrong objects than are kept it is told once that there are some", () => {
  const further = "endpointslices: further objects: are wrong; only of 1000 it is told what";
  for (let index = 0; index < WRONG_OBJECTS_MAX; index++) slices.put(wrong(index));
  expect(told).toHaveLength(WRONG_OBJECTS_MAX);
  told.length = 0;
  for (let index = 0; index < 5; index++) slices.put(wrong(WRONG_OBJECTS_MAX + index));
  slices.put(wrong(0));
  expect(told).toEqual([further]);
  expect(standing.all()).toHaveLength(WRONG_OBJECTS_MAX + 1);
  // Four of the five are mended, and one is gone with the next list.
  told.length = 0;
  for (let index = 0; index < 4; index++) slices.put(good(WRONG_OBJECTS_MAX + index));
  expect(told).toEqual([]);
  const listed = slices.replace();
  for (let index = 0; index < WRONG_OBJECTS_MAX; index++) listed.item(wrong(index));
  listed.end();
  expect(told).toEqual([`mended: ${further}`]);
});
