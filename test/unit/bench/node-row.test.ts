/** The table of the benchmarks: ratios, targets, and what could not be measured. */
import { expect, test } from "vitest";
import { missed, type NodeRow, nodeTable } from "../../bench/node/node-row.ts";

const AT = "10,000 x 10";
const START: NodeRow = {
  ...{ what: "start", at: AT, value: 10, unit: "s", floor: 5, peer: 170 },
  target: { most: 12, of: "value" },
};
const SEND: NodeRow = {
  ...{ what: "send", at: AT, value: 900, unit: "ms", floor: 300 },
  target: { most: 2, of: "ratio" },
};
const FAILED: NodeRow = {
  ...{ what: "change", at: AT, value: undefined, unit: "ms", note: "failed" },
  target: { most: 20, of: "value" },
};

test("a row has its ratio to the floor, and how many times more the peer takes", () => {
  const [, line = ""] = nodeTable([START]).split("\n");
  expect(line.split(/ {2,}/)).toEqual([
    ...["start", AT, "10 s", "5 s", "2.00 x", "170 s", "17.00 x", "<= 12 s", "ok"],
  ]);
});

test("a missed target and what could not be measured are named, whatever the target is of", () => {
  expect(nodeTable([SEND])).toMatch(/3\.00 x .*<= 2 x {2}MISSED/);
  expect(nodeTable([FAILED])).toMatch(/failed/);
  expect(missed([START, SEND, FAILED])).toEqual([`send, ${AT}`, `change, ${AT} (failed)`]);
});

test("a row without a target is never missed, unless it has no value", () => {
  const plain: NodeRow = { what: "memory", at: AT, value: 1e9, unit: "MB" };
  expect(missed([plain])).toEqual([]);
  expect(missed([{ ...plain, value: undefined }])).toEqual([`memory, ${AT}`]);
});
