/** `spec.loadBalancerSourceRanges` as chains of the packet filter. Pure. */
import type { Family } from "../model/address.ts";
import type { NodeView, Service } from "../model/cluster.ts";
import { hashText } from "../model/hash.ts";
import type { SourceChain } from "../model/packet-filter.ts";
import {
  familyOfRange,
  isWhole,
  parseRange,
  type Range,
  rangeContains,
  simplestRanges,
} from "../model/range.ts";

/** Who may use the load-balancer addresses of a Service in one family. */
export interface SourceRanges {
  /** `jump sources-...`, or `drop` where nobody may. */
  readonly verdict: string;
  readonly chain: SourceChain | undefined;
  /** No range has an address of this node: the node itself is kept out too. */
  readonly closedToNode: boolean;
}

/**
 * The ranges of one family; undefined where everybody may, which is so without any range and with one
 * that is the whole family. Where all ranges are of the other family nobody of this one may.
 */
export function sourceRangesOf(
  { loadBalancerSourceRanges }: Service,
  family: Family,
  { primaryAddresses }: NodeView,
): SourceRanges | undefined {
  if (loadBalancerSourceRanges.length === 0) return undefined;
  const ranges = loadBalancerSourceRanges
    .map((text) => parseRange(text.trim()))
    .filter((range): range is Range => range !== undefined && familyOfRange(range) === family);
  if (ranges.some(isWhole)) return undefined;
  if (ranges.length === 0) return { verdict: "drop", chain: undefined, closedToNode: true };
  const chain = chainOf(family, simplestRanges(ranges));
  const holdsNode = primaryAddresses.some((address) =>
    chain.ranges.some((range) => rangeContains(range, address)),
  );
  return { verdict: `jump ${chain.name}`, chain, closedToNode: !holdsNode };
}

/** Named by what it lets through, so that equal lists share one and a changed list is another one. */
function chainOf(family: Family, ranges: readonly Range[]): SourceChain {
  const text = ranges.join();
  const name = `sources-${digits(hashText(text, 0))}${digits(hashText(text, 1))}`;
  return { kind: "source-chain", family, name, ranges };
}

function digits(hash: number): string {
  return hash.toString(16).padStart(8, "0");
}
