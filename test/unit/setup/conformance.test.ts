/** The last check of `npm test`: the page of conformance against what ran. */
import { expect, test } from "vitest";
import { conformancePage } from "../../conformance/page.ts";
import { suiteTests } from "../../conformance/upstream-test.ts";
import { notPassed, testsOnPage } from "../../setup/conformance.mjs";

const PAGE = conformancePage(
  [
    {
      title: "Title",
      text: "Text.",
      tests: suiteTests("Suite", ["one", "two", { name: "none", cannotApply: "of | a reason" }]),
    },
  ],
  [
    { name: "a | b <c> _d_", kind: "unit", upstream: ["Suite one", "Suite two"] },
    { name: "e", kind: "lab", upstream: ["Suite one"] },
  ],
);

test("the page's tests are read back as they were written, each once", () => {
  expect(testsOnPage(PAGE)).toEqual(["unit: a | b <c> _d_", "lab: e"]);
});

test("a test that did not pass, or that passed as one of another kind, is named", () => {
  const passed = { unit: ["a | b <c> _d_", "e"], lab: ["e"] };
  expect(notPassed(PAGE, (kind) => passed[kind])).toEqual([]);
  expect(notPassed(PAGE, (kind) => (kind === "unit" ? passed.unit : []))).toEqual([
    "docs/conformance.md names a test that did not pass: lab: e",
  ]);
});
