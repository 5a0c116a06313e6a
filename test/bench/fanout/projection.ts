/** From what 1 to 100 watch clients cost to what 5,000 would: the arithmetic, as text for docs/scale.md. Pure. */
import { tableMarkdown } from "../markdown.ts";
import { median } from "../row.ts";
import { WATCH_FORMATS } from "../watch-format.ts";
import { type FanOutPoint, pointsOf, slopeMs } from "./fan-out-points.ts";
import type { FanOut, ListCost } from "./inside.ts";
import { LIST_WAYS, type ListWay } from "./lists.ts";

const NODES = 5_000;
/** A busy cluster: each pod that comes or goes is one or two changes of a slice. */
const CHANGES_PER_S = 20;
const SERVICES = 10_000;
const BYTES_PER_MB = 1_000_000;
const MS_PER_S = 1_000;

const WAY_TEXTS: Readonly<Record<ListWay, string>> = {
  pages: "in pages of 500",
  watch: "at the head of a watch",
};

/** In this time all nodes start anew. */
const START_S = 600;

/** The figures and what follows from them. Throws when a figure is missing. */
export function projection(
  watches: readonly FanOut[],
  lists: readonly ListCost[],
  measured: string,
): string {
  const points = WATCH_FORMATS.map((format) => [format, pointsOf(watches, format)] as const);
  return [
    `${measured}.\n`,
    "One change of an EndpointSlice of 10 endpoints, by the number of clients that watch; medians of the rounds:\n",
    watchTable(points),
    "What follows, with the slope of the straight line that fits the points best:\n",
    ...points.map(([format, all]) => projected(format, all, lists)),
  ].join("\n");
}

function watchTable(points: readonly (readonly [string, readonly FanOutPoint[]])[]): string {
  const title = [
    "form",
    "clients",
    "server's processor time",
    "from round to round",
    "bytes to each client",
    "last client has it after",
  ];
  const rows = points.flatMap(([format, all]) =>
    all.map(({ watchers, serverMs, leastMs, mostMs, bytes, lastSeenMs }) => [
      format,
      `${watchers}`,
      `${serverMs.toFixed(1)} ms`,
      `${leastMs.toFixed(1)} to ${mostMs.toFixed(1)} ms`,
      watchers === 0 ? "-" : `${Math.round(bytes)}`,
      watchers === 0 ? "-" : `${lastSeenMs.toFixed(0)} ms`,
    ]),
  );
  return tableMarkdown(title, rows);
}

function projected(
  format: FanOut["format"],
  points: readonly FanOutPoint[],
  lists: readonly ListCost[],
): string {
  const slope = slopeMs(points);
  const bytes = Math.round(points.at(-1)?.bytes ?? Number.NaN);
  const perNode = (bytes * CHANGES_PER_S) / 1_000;
  const nodes = NODES.toLocaleString("en-GB");
  return [
    `- **${format}**: a client more costs the server ${slope.toFixed(2)} ms of processor time a change (in the guest, which is`,
    `  far slower than a plain machine) and ${bytes} bytes. With ${CHANGES_PER_S} changes a second each node gets`,
    `  ${CHANGES_PER_S} x ${bytes} = ${perNode.toFixed(0)} kB/s, and ${nodes} nodes get ${((perNode * NODES) / 1_000).toFixed(0)} MB/s from all API servers together, for`,
    `  ${CHANGES_PER_S} x ${nodes} x ${slope.toFixed(2)} ms = ${((CHANGES_PER_S * NODES * slope) / MS_PER_S).toFixed(0)} processors as slow as the guest's.`,
    `  A list of ${SERVICES.toLocaleString("en-GB")} slices, and ${nodes} nodes that all start anew within ten minutes and ask for it:`,
    ...LIST_WAYS.map((way) => listed(lists, format, way)),
  ].join("\n");
}

function listed(lists: readonly ListCost[], format: FanOut["format"], way: ListWay): string {
  const found = lists.filter((one) => one.format === format && one.way === way);
  if (found.length === 0) throw new Error(`no list in ${format}, ${way}`);
  const mb = (median(found.map((one) => one.bytes / one.objects)) * SERVICES) / BYTES_PER_MB;
  const seconds = median(found.map((one) => one.serverS / one.objects)) * SERVICES;
  const nodes = NODES.toLocaleString("en-GB");
  return [
    `    - ${WAY_TEXTS[way]}: ${mb.toFixed(0)} MB and ${seconds.toFixed(1)} s of that processor;`,
    `      ${nodes} x ${mb.toFixed(0)} MB / ${START_S} s = ${((mb * NODES) / START_S).toFixed(0)} MB/s and ${nodes} x ${seconds.toFixed(1)} s / ${START_S} s = ${((seconds * NODES) / START_S).toFixed(0)} processors, beside the Services.`,
  ].join("\n");
}
