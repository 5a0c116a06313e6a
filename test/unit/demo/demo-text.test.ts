/** The demo's text: fits its terminal, and says at once what does not hold. */
import { expect, test } from "vitest";
import type { DemoEvent } from "../../demo/demo-event.ts";
import { barText, demoText, summaryText } from "../../demo/demo-text.ts";

const plain = { colors: false, columns: 100 };

test.each([
  [0, ""],
  [0.0001, "▏"],
  [0.25, "██▌"],
  [1, "██████████"],
])("a share of %s is the bar %j", (share, bar) => {
  expect(barText(share)).toBe(bar);
});

test("a statement that does not hold is marked, and a long one goes on below its first word", () => {
  const text = demoText({ kind: "check", holds: false, text: "word ".repeat(30).trim() }, "check", {
    colors: false,
    columns: 60,
  });
  const lines = text.trimEnd().split("\n");
  expect(lines[0]).toMatch(/^ {3}FAILED {2}word/);
  expect(lines.length).toBeGreaterThan(1);
  for (const line of lines.slice(1)) expect(line).toMatch(/^ {11}word/);
  for (const line of lines) expect(line.length).toBeLessThanOrEqual(60);
});

test("the table of four pods fits in 100 columns, and its columns line up", () => {
  const pods = ["p1", "p2", "p3", "p4"].map((name) => ({ name, title: name }));
  const row = (counts: readonly number[]): Record<string, number> =>
    Object.fromEntries(pods.map(({ name }, index) => [name, counts[index] ?? 0]));
  const rows = [
    { scheduler: "rr", pods: row([100, 100, 100, 100]), medianMs: 8.51, tookMs: 810 },
    { scheduler: "dh", pods: row([0, 0, 0, 400]), medianMs: 162.5, tookMs: 2170 },
  ];
  const lines = demoText({ kind: "spread", pods, rows }, "spread", plain).trimEnd().split("\n");
  expect(lines).toHaveLength(3);
  for (const line of lines) expect(line.length).toBeLessThanOrEqual(100);
  expect(lines[1]).toContain("100 ██▌");
  expect(lines[1]?.length).toBe(lines[2]?.length);
});

test("an empty line parts what is of different kinds, and nothing else", () => {
  const say: DemoEvent = { kind: "say", text: "one idea" };
  expect(demoText(say, "chapter", plain)).toBe("\n   one idea\n");
  expect(demoText(say, "say", plain)).toBe("   one idea\n");
  expect(demoText({ kind: "doing", text: "waiting" }, "say", plain)).toBe("");
});

test("colors are for terminals only, and the summary counts", () => {
  const counts = { held: 3, all: 4, tookMs: 12_400 };
  expect(summaryText(counts, plain)).toBe("\n3 of 4 statements hold, measured in 12 s.\n");
  expect(summaryText(counts, { ...plain, colors: true })).toContain("\u001b[31m");
});
