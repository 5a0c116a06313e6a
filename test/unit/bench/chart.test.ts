/** Charts: every group of bars has its name, and every value its bar. */
import { expect, test } from "vitest";
import { barChart } from "../../bench/chart.ts";
import { barRows } from "../../bench/node/bar-groups.ts";
import type { NodeRow } from "../../bench/node/node-row.ts";

const AT = "10,000 x 10";

function row(what: string, unit: string): NodeRow {
  return { what, at: AT, value: 1, unit };
}

test("rows have their full names, and counts are left out", () => {
  const rows = [
    ...[row("start", "s"), row("one changed, median", "ms"), row("  99th percentile", "ms")],
    ...[row("  messages", ""), row("churn: changes a second", "/s"), row("  lag, worst", "ms")],
  ];
  expect(barRows(rows).map(({ name }) => name)).toEqual([
    ...["start", "one changed, median", "one changed: 99th percentile"],
    "churn: changes a second: lag, worst",
  ]);
});

test("all groups are named, and zeros and nothing are told apart on a logarithmic axis", () => {
  const groups = Array.from({ length: 15 }, (_, index) => `group ${index}.`);
  const svg = barChart({
    ...{ title: "a chart", subtitle: "measured", unit: "ms", log: true, groups },
    bars: [
      { name: "ours", values: groups.map((_, index) => (index === 3 ? 0 : index + 0.5)) },
      { name: "theirs", values: groups.map((_, index) => (index === 4 ? null : 1_000)) },
    ],
  });
  for (const group of groups) expect(svg).toContain(group);
  // The labels of the bars.
  expect(svg.match(/>1,000</g)?.length).toBeGreaterThanOrEqual(14);
  expect(svg).toContain(">0<");
});
