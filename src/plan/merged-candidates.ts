/**
 * The candidates of many slices in one order, kept from one plan of a port to its next: of 5,000 endpoints a change
 * moves those of one slice, and only these are put in their places. Pure: what is kept follows from the slices alone.
 */
import type { Family } from "../model/address.ts";
import type { ServicePort } from "../model/cluster.ts";
import {
  byHash,
  type Candidate,
  type SliceCandidates,
  type SortedCandidates,
  sorted,
  withFacts,
} from "./slice-candidates.ts";

/** Where more than this part of all comes or goes, sorting again is no slower. */
const CHANGED_PART_MAX = 0.25;

/** Whose candidates they are. */
export interface MergedFor {
  readonly port: ServicePort;
  readonly family: Family;
  readonly nodeName: string;
}

/** What is known of one port in one family. */
interface Merged extends SortedCandidates {
  readonly parts: ReadonlySet<SliceCandidates>;
  /** Some endpoint is in several slices: which of them counts is decided for all at once. */
  readonly hasRepeats: boolean;
}

type Patched = Pick<Merged, "candidates" | "addresses">;

const keptOf = new WeakMap<ServicePort, Partial<Record<Family, Merged>>>();

/** Each endpoint of all `parts` once. */
export function mergedCandidates(
  { port, family, nodeName }: MergedFor,
  parts: readonly SliceCandidates[],
): SortedCandidates {
  const kept = keptOf.get(port) ?? {};
  keptOf.set(port, kept);
  const all = new Set(parts);
  const before = kept[family];
  const patched = before && patchedBy(before, all);
  const merged = patched ? joined(patched, all) : sortedAnew(all, nodeName);
  kept[family] = merged;
  return merged;
}

/** Each endpoint once. */
export function withoutRepeats(all: SortedCandidates, nodeName: string): SortedCandidates {
  return hasRepeats(all) ? withFacts(onlyOnce(all.candidates), nodeName) : all;
}

function sortedAnew(parts: ReadonlySet<SliceCandidates>, nodeName: string): Merged {
  const all = sorted(
    [...parts].flatMap(({ candidates }) => candidates),
    nodeName,
  );
  return { ...withoutRepeats(all, nodeName), parts, hasRepeats: hasRepeats(all) };
}

/** What holds for each part holds for all of them. */
function joined({ candidates, addresses }: Patched, parts: ReadonlySet<SliceCandidates>): Merged {
  const all = [...parts].filter((part) => part.candidates.length > 0);
  const port = all[0]?.port;
  return {
    parts,
    candidates,
    addresses,
    here: all.flatMap(({ here }) => here).sort(byHash),
    areAllReady: all.every(({ areAllReady }) => areAllReady),
    port: all.every((part) => part.port === port) ? port : undefined,
    hasRepeats: false,
  };
}

/** Undefined where it is no less work to sort all, or some endpoint is there twice. */
function patchedBy(before: Merged, after: Merged["parts"]): Patched | undefined {
  if (before.hasRepeats) return undefined;
  const gone = notIn(after, before.parts);
  const come = notIn(before.parts, after);
  const most = before.candidates.length * CHANGED_PART_MAX;
  if (gone.length + come.length > most) return undefined;
  const candidates = [...before.candidates];
  const addresses = [...before.addresses];
  const leaving = new Set(gone);
  for (const one of come) {
    const at = placeOf(one, candidates);
    const there = candidates[at];
    if (!isSame(there, one)) {
      candidates.splice(at, 0, one);
      addresses.splice(at, 0, one.endpoint.address);
    } else if (there && leaving.delete(there)) candidates[at] = one;
    else return undefined;
  }
  for (const one of leaving) {
    const at = placeOf(one, candidates);
    candidates.splice(at, 1);
    addresses.splice(at, 1);
  }
  return { candidates, addresses };
}

/** The candidates of those parts of `all` that are not in `others`. */
function notIn(others: Merged["parts"], all: Merged["parts"]): readonly Candidate[] {
  return [...all].filter((part) => !others.has(part)).flatMap(({ candidates }) => candidates);
}

/** Where it is in `all`, or would have to be. */
function placeOf(one: Candidate, all: readonly Candidate[]): number {
  let [from, to] = [0, all.length];
  while (from < to) {
    const middle = (from + to) >> 1;
    const there = all[middle];
    if (there && byHash(there, one) < 0) from = middle + 1;
    else to = middle;
  }
  return from;
}

function hasRepeats({ candidates }: SortedCandidates): boolean {
  return candidates.some((one, index) => index > 0 && isSame(candidates[index - 1], one));
}

function isSame(a: Candidate | undefined, b: Candidate): boolean {
  return a?.hash === b.hash && a.port === b.port && a.endpoint.address === b.endpoint.address;
}

function onlyOnce(candidates: readonly Candidate[]): readonly Candidate[] {
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
