/** What a Service costs in memory, for docs/scale.md. Pure. */
import { tableMarkdown } from "../markdown.ts";
import type { AtSize } from "./life-rows.ts";
import { objects } from "./per-object.ts";
import { sizeText } from "./size-text.ts";

const KB_PER_MB = 1_024;

/** A table by size, and what each Service more costs between one and the next. */
export function memoryText(sizes: readonly AtSize[], measured: string): string {
  const found = sizes.flatMap(({ size, ours }) => (ours ? [{ size, quiet: ours.quiet }] : []));
  const rows = found.map(({ size, quiet }, index) => {
    const before = found[index - 1];
    const cells = [
      sizeText(size),
      `${quiet.residentMb.toFixed(0)} MB`,
      `${quiet.peakMb.toFixed(0)} MB`,
    ];
    if (!before) return [...cells, "-", "-"];
    const grownKb = (quiet.residentMb - before.quiet.residentMb) * KB_PER_MB;
    const services = size.services - before.size.services;
    const more = objects(size) - objects(before.size);
    // Of Services that are like each other alone.
    const isAlike = size.endpointsPerService === before.size.endpointsPerService;
    return [
      ...cells,
      isAlike ? `${(grownKb / services).toFixed(1)} kB` : "-",
      `${((grownKb * KB_PER_MB) / more).toFixed(0)} bytes`,
    ];
  });
  const heads = [
    "Services x endpoints",
    "resident",
    "peak",
    "each Service more",
    "each IPVS object more",
  ];
  return `${measured}.\n\n${tableMarkdown(heads, rows)}`;
}
