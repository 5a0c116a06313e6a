/** What one Service is told of at most: one with thousands of ports may have as many things wrong. Pure. */
import type { Finding } from "../model/finding.ts";

/** Findings of one Service that are told in full; of the others their number. */
export const FINDINGS_OF_ONE_SERVICE_MAX = 20;

/** `findings`, or the first of them, warnings before the rest, and one that counts those left out. */
export function boundedFindings(findings: readonly Finding[]): readonly Finding[] {
  if (findings.length <= FINDINGS_OF_ONE_SERVICE_MAX) return findings;
  const sorted = [
    ...findings.filter(({ severity }) => severity === "warning"),
    ...findings.filter(({ severity }) => severity !== "warning"),
  ];
  const [next, ...others] = sorted.slice(FINDINGS_OF_ONE_SERVICE_MAX);
  if (!next) return sorted;
  const count = 1 + others.length;
  const message = `And ${count} more; the next one: ${next.message}`;
  return [...sorted.slice(0, FINDINGS_OF_ONE_SERVICE_MAX), { ...next, message }];
}
