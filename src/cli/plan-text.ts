/** The text form of `kube-ipvs plan`. Pure. */
import type { DryRun } from "../agent/dry-run.ts";
import { type SourceProblem, sourceProblemText } from "../kube/change.ts";
import { operationText } from "../model/operation.ts";
import { flatten } from "../plan/diff.ts";

/** What would change, a line an operation, with a summary that ends it. */
export function planText(dryRun: DryRun, problems: readonly SourceProblem[]): string {
  const operations = flatten(dryRun.changes);
  const counts = new Map<string, number>();
  for (const { kind } of operations) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  const lines = [
    ...problems.map((problem) => `problem: ${sourceProblemText(problem)}`),
    ...dryRun.findings.map(
      ({ severity, service, field, message }) =>
        `${severity}: ${[service, field, message].filter((word) => word !== "").join(": ")}`,
    ),
    ...operations.map(operationText),
  ];
  if (dryRun.partial) lines.push("Nothing is removed until every object can be read.");
  if (!dryRun.found.hasFilterTables)
    lines.push("Our nftables tables are made anew, with all that they hold.");
  lines.push(summary(dryRun, operations.length, counts));
  return `${lines.join("\n")}\n`;
}

function summary(
  { services, found }: DryRun,
  operations: number,
  counts: ReadonlyMap<string, number>,
): string {
  const foreign = found.foreign > 0 ? ` ${found.foreign} virtual services of others stay.` : "";
  if (operations === 0)
    return `Nothing to do: the kernel is what ${services} Services ask for.${foreign}`;
  const kinds = [...counts].map(([kind, count]) => `${count} ${kind}`).join(", ");
  return `${operations} operations for ${services} Services: ${kinds}.${foreign}`;
}
