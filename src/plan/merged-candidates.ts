/**
 * The candidates of many slices in one order, kept from one plan of a port to its next: of 5,000 endpoints a change
 * moves those of one slice, and only these are put in their places. Pure: what is kept never shows.
 */
import type { Family } from "../model/address.ts";
import type { EndpointSlice, ServicePort } from "../model/cluster.ts";
import { eachOnce, isSame } from "./each-once.ts";
import {
  addSlice,
  byHash,
  type Candidate,
  type CandidateFacts,
  factsOf,
  type Gathering,
  type RefusedEndpoint,
  type SortedCandidates,
} from "./slice-candidates.ts";

/** Where more than this part of all comes or goes, sorting again is no slower. */
const CHANGED_PART_MAX = 0.25;

/** What one slice has at the port. */
interface Part extends CandidateFacts {
  readonly candidates: readonly Candidate[];
  readonly refused: readonly RefusedEndpoint[];
}

type Parts = ReadonlyMap<EndpointSlice, Part>;

/** What is known of one port in one family. */
interface Merged extends SortedCandidates {
  readonly nodeName: string;
  readonly parts: Parts;
  /** Some endpoint is in several slices: which of them counts is decided for all at once. */
  readonly hasRepeats: boolean;
}

const keptOf = new WeakMap<ServicePort, Partial<Record<Family, Merged>>>();

/** Each endpoint of all `slices`, which are of the family, once. */
export function mergedCandidates(
  slices: readonly EndpointSlice[],
  family: Family,
  { port, nodeName, refused }: Omit<Gathering, "candidates">,
): SortedCandidates {
  const kept = keptOf.get(port) ?? {};
  keptOf.set(port, kept);
  const before = kept[family]?.nodeName === nodeName ? kept[family] : undefined;
  const parts = new Map<EndpointSlice, Part>();
  for (const slice of slices) {
    const part = before?.parts.get(slice) ?? partOf(slice, port, nodeName);
    parts.set(slice, part);
    for (const endpoint of part.refused) refused.push(endpoint);
  }
  const merged = (before && patched(before, parts)) ?? sortedAnew(parts, nodeName);
  kept[family] = merged;
  return merged;
}

/** Keeps nothing of the port any longer: it has few slices now. */
export function forgetMerged(port: ServicePort): void {
  keptOf.delete(port);
}

function partOf(slice: EndpointSlice, port: ServicePort, nodeName: string): Part {
  const gathering: Gathering = { port, nodeName, refused: [], candidates: [] };
  addSlice(slice, gathering);
  const { candidates, refused } = gathering;
  candidates.sort(byHash);
  return { candidates, refused, ...factsOf(candidates, nodeName) };
}

function sortedAnew(parts: Parts, nodeName: string): Merged {
  const all = [...parts.values()].flatMap(({ candidates }) => candidates);
  return { ...eachOnce(all, nodeName), nodeName, parts };
}

/** Undefined where it is no less work to sort all, or some endpoint is there twice. */
function patched(before: Merged, parts: Parts): Merged | undefined {
  if (before.hasRepeats) return undefined;
  const gone = notIn(parts, before.parts);
  const come = notIn(before.parts, parts);
  if (gone.length + come.length > before.candidates.length * CHANGED_PART_MAX) return undefined;
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
  return { ...before, ...factsOfAll(parts), candidates, addresses, parts };
}

/** What holds for each part holds for all of them. */
function factsOfAll(parts: Parts): CandidateFacts {
  const all = [...parts.values()].filter(({ candidates }) => candidates.length > 0);
  const port = all[0]?.port;
  return {
    here: all.flatMap(({ here }) => here).sort(byHash),
    areAllReady: all.every(({ areAllReady }) => areAllReady),
    port: all.every((part) => part.port === port) ? port : undefined,
  };
}

/** The candidates of those of `all` that are not in `others`. */
function notIn(others: Parts, all: Parts): readonly Candidate[] {
  const some: Candidate[] = [];
  for (const [slice, { candidates }] of all) if (!others.has(slice)) some.push(...candidates);
  return some;
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
