/** The map from Kubernetes' own tests to ours: complete, and shown in `docs/conformance.md`. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { breaches } from "../../conformance/breaches.ts";
import { elsewhere } from "../../conformance/elsewhere.ts";
import { OWN_TESTS, type OwnTest } from "../../conformance/own-tests.ts";
import { type Chapter, conformancePage } from "../../conformance/page.ts";
import { UPSTREAM } from "../../conformance/upstream.ts";
import { suiteTests } from "../../conformance/upstream-test.ts";

const ROOT = join(import.meta.dirname, "..", "..", "..");

const CHAPTERS: readonly Chapter[] = [
  {
    title: "Unit tests of kube-proxy's IPVS mode",
    text: "Cases without a name are numbered from 0, in the order that they have upstream.",
    tests: UPSTREAM.unit,
  },
  {
    title: "End-to-end tests",
    text: "Without the tags in brackets that end upstream's names.",
    tests: UPSTREAM.endToEnd,
  },
];

test("every upstream test has one of ours or a reason, and ours name no test that is not there", () => {
  expect(breaches([...UPSTREAM.unit, ...UPSTREAM.endToEnd], OWN_TESTS)).toEqual([]);
});

test.each(elsewhere)("$file has the test that is named: $name", ({ file, name }) => {
  expect(readFileSync(join(ROOT, file), "utf8")).toContain(`test("${name}"`);
});

test("docs/conformance.md is what the suites make: else `npm run docs:conformance`", async () => {
  const page = conformancePage(CHAPTERS, OWN_TESTS);
  await expect(page).toMatchFileSnapshot(join(ROOT, "docs", "conformance.md"));
});

describe("the checks of the map", () => {
  const upstream = suiteTests("Suite", [
    "is covered",
    "is not",
    { name: "differs", differs: "of a reason" },
    { name: "cannot", cannotApply: "of a reason" },
  ]);
  const own = (name: string, ...ids: string[]): OwnTest => ({ name, kind: "unit", upstream: ids });

  test("name what is missing, what has two answers, and what is not there", () => {
    expect(
      breaches(upstream, [own("a", "Suite is covered", "Suite cannot", "Suite gone")]),
    ).toEqual([
      "Suite is not: has none of ours",
      "Suite differs: has a difference, and none of ours that shows it",
      "Suite cannot: has one of ours, and a reason why there is none",
      '"a" names "Suite gone", which upstream does not have',
    ]);
  });

  test("name what is there twice", () => {
    const all = own("a", "Suite is covered", "Suite is not", "Suite differs");
    expect(breaches([...upstream, ...upstream.slice(0, 1)], [all, all])).toEqual([
      "Suite is covered: is listed twice",
      'unit test "a": two tests have the name',
    ]);
  });

  test("are for a page that shows names, results and reasons, and no mark-up of its own", () => {
    const page = conformancePage(
      [{ title: "Title", text: "Text.", tests: upstream }],
      [own("a | b", "Suite is covered"), own("c", "Suite is covered", "Suite differs")],
    );
    expect(page.slice(page.indexOf("| Title"))).toBe(
      [
        "| Title | 4 | 2 | 1 | 1 |",
        "",
        "## Title",
        "",
        "Text.",
        "",
        "### Suite",
        "",
        "| upstream's test | ours | result |",
        "|---|---|---|",
        "| is covered | unit: a \\| b<br>unit: c | passes |",
        "| is not |  | passes |",
        "| differs | unit: c | passes, and differs: of a reason |",
        "| cannot |  | cannot apply: of a reason |",
        "",
      ].join("\n"),
    );
  });
});
