/** The log stays short however much is wrong, and says that it does. */
import { beforeEach, expect, test } from "vitest";
import { PROBLEM_LINES_MAX, PROBLEM_LINES_MS, problemLog } from "../../../src/cli/problem-log.ts";
import type { SourceProblem } from "../../../src/kube/change.ts";
import type { ProblemListeners } from "../../../src/kube/standing-problems.ts";
import { capturedLog, LEVEL, type LogLine } from "../../fakes/captured-log.ts";
import { ManualClock } from "../../fakes/manual-clock.ts";

let clock: ManualClock;
let lines: LogLine[];
let listeners: ProblemListeners;
beforeEach(() => {
  clock = new ManualClock();
  const captured = capturedLog();
  lines = captured.lines;
  listeners = problemLog(captured.log, clock);
});

function problem(object: string): SourceProblem {
  return { file: "services", line: 0, object, field: "", message: "is wrong" };
}

const said = () => lines.splice(0).map(({ level, msg }) => `${level} ${msg}`);

test("each problem is a warning, and each that is mended is said", () => {
  listeners.onProblem(problem("Service a/b"));
  listeners.onSolved(problem("Service a/b"));
  expect(said()).toEqual([
    `${LEVEL.warn} services: Service a/b: is wrong`,
    `${LEVEL.info} mended: services: Service a/b: is wrong`,
  ]);
});

test("a flood is so many lines a minute, one that says so, and then how many more there were", async () => {
  for (let i = 0; i < PROBLEM_LINES_MAX + 1_000; i++)
    listeners.onProblem(problem(`Service a/${i}`));
  const first = said();
  expect(first).toHaveLength(PROBLEM_LINES_MAX + 1);
  expect(first.at(-1)).toMatch(/more than 50 lines in a minute.*kube-ipvs status/);
  await clock.advance(PROBLEM_LINES_MS);
  listeners.onProblem(problem("Service a/late"));
  expect(said()).toEqual([
    expect.stringMatching("and 1000 more problems came or went"),
    `${LEVEL.warn} services: Service a/late: is wrong`,
  ]);
});

test("wrong objects do not silence what is said of the source", () => {
  for (let i = 0; i < 1_000; i++) listeners.onProblem(problem(`Service a/${i}`));
  said();
  listeners.onProblem({ ...problem(""), file: "API server" });
  expect(said()).toEqual([`${LEVEL.warn} API server: is wrong`]);
});
