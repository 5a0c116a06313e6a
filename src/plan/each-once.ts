/** Candidates in their order, each endpoint once, whatever the slices say. Pure. */
import { byHash, type Candidate, factsOf, type SortedCandidates } from "./slice-candidates.ts";

/** Sorts `all` itself. */
export function eachOnce(
  all: Candidate[],
  nodeName: string,
): SortedCandidates & { readonly hasRepeats: boolean } {
  all.sort(byHash);
  const hasRepeats = all.some((one, index) => index > 0 && isSame(all[index - 1], one));
  const candidates = hasRepeats ? withoutRepeats(all) : all;
  const addresses = candidates.map(({ endpoint }) => endpoint.address);
  return { candidates, addresses, ...factsOf(candidates, nodeName), hasRepeats };
}

/** True for the same endpoint at the same port. */
export function isSame(a: Candidate | undefined, b: Candidate): boolean {
  return a?.hash === b.hash && a.port === b.port && a.endpoint.address === b.endpoint.address;
}

function withoutRepeats(candidates: readonly Candidate[]): readonly Candidate[] {
  const kept: Candidate[] = [];
  for (const candidate of candidates) {
    const last = kept.at(-1);
    if (!last || !isSame(last, candidate)) kept.push(candidate);
    else if (standing(candidate) > standing(last)) kept[kept.length - 1] = candidate;
  }
  return kept;
}

/**
 * Of two with one address the higher counts: a new pod may have the address of one that still
 * terminates, and for a moment two slices may have the same endpoint.
 */
function standing({ endpoint: { ready, serving, terminating } }: Candidate): number {
  return (terminating ? 0 : 4) + (ready ? 2 : 0) + (serving ? 1 : 0);
}
