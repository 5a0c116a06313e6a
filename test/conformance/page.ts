/** `docs/conformance.md`, made of the names in the suites alone: results cannot change it. */
import type { OwnTest } from "./own-tests.ts";
import type { UpstreamTest } from "./upstream-test.ts";

/** A heading with the tests under it. */
export interface Chapter {
  readonly title: string;
  readonly text: string;
  readonly tests: readonly UpstreamTest[];
}

const INTRODUCTION = `# Conformance

Every test that Kubernetes has for kube-proxy's IPVS mode, and every end-to-end test of Services, with the test of ours
that has the same meaning. \`npm test\` fails when one of ours fails or is left out, when an upstream test has neither one
of ours nor a reason, and when this page is not what the suites make: "passes" is true of the commit that says so.

This page is generated: \`npm run docs:conformance\`. Tests of kind "unit" need no kernel; those of kind "lab" are the real
agent on a real kernel, its objects on a real API server, with pods, another node and an outside. Where we differ on
purpose, ours shows what holds instead: see [differences](differences.md).`;

/** The whole page. */
export function conformancePage(chapters: readonly Chapter[], own: readonly OwnTest[]): string {
  const byId = new Map<string, OwnTest[]>();
  for (const test of own) {
    for (const id of test.upstream) byId.set(id, [...(byId.get(id) ?? []), test]);
  }
  const parts = chapters.map(({ title, text, tests }) =>
    [`## ${title}`, text, ...suites(tests, byId)].join("\n\n"),
  );
  return `${[INTRODUCTION, summary(chapters), ...parts].join("\n\n")}\n`;
}

function summary(chapters: readonly Chapter[]): string {
  const rows = chapters.map(({ title, tests }) => {
    const count = (remark: "differs" | "cannotApply") =>
      tests.filter((test) => test[remark] !== undefined).length;
    const counts = [count("differs"), count("cannotApply")];
    const same = tests.length - counts.reduce((sum, one) => sum + one, 0);
    return `| ${[title, tests.length, same, ...counts].join(" | ")} |`;
  });
  return [
    "| | upstream's tests | the same | different on purpose | cannot apply |",
    "|---|---|---|---|---|",
    ...rows,
  ].join("\n");
}

function suites(
  tests: readonly UpstreamTest[],
  byId: ReadonlyMap<string, readonly OwnTest[]>,
): string[] {
  return [...new Set(tests.map(({ suite }) => suite))].map((suite) => {
    const rows = tests
      .filter((test) => test.suite === suite)
      .map((test) => row(test, byId.get(test.id) ?? []));
    return [
      `### ${suite}`,
      "",
      "| upstream's test | ours | result |",
      "|---|---|---|",
      ...rows,
    ].join("\n");
  });
}

function row(test: UpstreamTest, ours: readonly OwnTest[]): string {
  const names = ours.map(({ kind, name }) => `${kind}: ${cell(name)}`).join("<br>");
  return `| ${cell(test.name)} | ${names} | ${cell(result(test))} |`;
}

function result({ differs, cannotApply }: UpstreamTest): string {
  if (cannotApply !== undefined) return `cannot apply: ${cannotApply}`;
  return differs === undefined ? "passes" : `passes, and differs: ${differs}`;
}

/** Text that a table takes as it is. */
function cell(text: string): string {
  return text.replaceAll(/[|<\\`*_[\]]/g, "\\$&");
}
