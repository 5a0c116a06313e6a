/** What stands is told once, and a change costs as much as what it is about. */
import { beforeEach, expect, test } from "vitest";
import type { SourceProblem } from "../../../src/kube/change.ts";
import { NOTHING_WRONG, StandingProblems } from "../../../src/kube/standing-problems.ts";

let reads: number;
let told: string[];
let standing: StandingProblems;
beforeEach(() => {
  reads = 0;
  told = [];
  standing = new StandingProblems({
    onProblem: ({ file }) => told.push(`+ ${file}`),
    onSolved: ({ file }) => told.push(`- ${file}`),
  });
});

/** A problem that counts how often somebody looks at it. */
function problem(file: string): SourceProblem {
  return {
    file,
    line: 0,
    object: "",
    field: "",
    get message() {
      reads++;
      return "wrong";
    },
  };
}

test("one more, and one that goes, look at none of the thousand that stand", () => {
  for (let i = 0; i < 1_000; i++) standing.replace(NOTHING_WRONG, [problem(`p${i}`)]);
  reads = 0;
  told.length = 0;
  const found = standing.replace(NOTHING_WRONG, [problem("new")]);
  expect(standing.replace(found, [])).toEqual(NOTHING_WRONG);
  expect(told).toEqual(["+ new", "- new"]);
  expect(reads).toBe(1);
  expect(standing.all()).toHaveLength(1_000);
});

test("only the difference is told, what is gone first", () => {
  const found = standing.replace(NOTHING_WRONG, [problem("a"), problem("b"), problem("b")]);
  standing.replace(found, [problem("c"), problem("b")]);
  expect(told).toEqual(["+ a", "+ b", "- a", "+ c"]);
});

test("what two find in the same words is one problem until both find it no more", () => {
  const first = standing.replace(NOTHING_WRONG, [problem("a")]);
  const second = standing.replace(NOTHING_WRONG, [problem("a")]);
  standing.replace(first, []);
  expect(standing.all()).toHaveLength(1);
  standing.replace(second, []);
  expect(told).toEqual(["+ a", "- a"]);
});
