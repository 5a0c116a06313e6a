/** Sizes of clusters that benchmarks choose among, and those that figures are of. Pure. */
import type { ClusterSize } from "../cluster.ts";
import type { NodeFigure } from "./inside.ts";
import { sizeText } from "./size-text.ts";

/** So many Services of 10 endpoints each. */
export function sizesOf(...services: readonly number[]): ClusterSize[] {
  return services.map((count) => ({ services: count, endpointsPerService: 10 }));
}

/** As the arguments of a benchmark name it. */
export function sizeWord({ services }: ClusterSize): string {
  return `${services}`;
}

/** Those of `all` that there is any figure of. */
export function measuredSizes(
  all: readonly ClusterSize[],
  figures: readonly Pick<NodeFigure, "size">[],
): ClusterSize[] {
  const found = new Set(figures.map(({ size }) => sizeText(size)));
  return all.filter((size) => found.has(sizeText(size)));
}
