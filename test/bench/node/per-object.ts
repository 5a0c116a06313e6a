/** What one object costs by the size of the cluster: the same everywhere, where work follows the objects. Pure. */
import type { ClusterSize } from "../cluster.ts";
import type { AtSize } from "./life-rows.ts";
import type { NodeRow } from "./node-row.ts";
import { sizeText } from "./size-text.ts";

/** What the others are held against. */
const BASE: ClusterSize = { services: 1_000, endpointsPerService: 10 };
/** The largest: so many times as much as there at most. */
const HELD: ClusterSize = { services: 50_000, endpointsPerService: 5 };
const MOST = 1.1;

/** Virtual services and destinations. */
export function objects({ services, endpointsPerService }: ClusterSize): number {
  return services * (1 + endpointsPerService);
}

/** Microseconds of each; null where there is nothing. */
export function perObject({ size }: Pick<AtSize, "size">, ms: number | undefined): number | null {
  return ms === undefined ? null : (ms * 1_000) / objects(size);
}

/** Each size against the smaller one that is the measure, where that was measured. */
export function perObjectRows(sizes: readonly AtSize[]): NodeRow[] {
  const base = sizes.find(({ size }) => sizeText(size) === sizeText(BASE));
  const larger = sizes.filter(({ size }) => objects(size) > objects(BASE));
  if (!base) return [];
  return larger.flatMap((one) => {
    const row = (what: string, pick: (at: AtSize) => number | undefined): NodeRow[] => {
      const [here, there] = [perObject(one, pick(one)), perObject(base, pick(base))];
      if (here === null || there === null) return [];
      const isHeld = sizeText(one.size) === sizeText(HELD);
      return [
        {
          ...{ what, at: sizeText(one.size), value: here / there, unit: "x" },
          ...(isHeld && { target: { most: MOST, of: "value" as const } }),
        },
      ];
    };
    return [
      ...row(`cost of one object in a start, against ${sizeText(BASE)}`, startMs),
      ...row("  in plan, encode and send alone", ({ firstPass }) => firstPass?.oursMs),
    ];
  });
}

function startMs({ ours }: AtSize): number | undefined {
  return ours?.completeMs;
}
