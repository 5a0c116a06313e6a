/** From what 1 to 100 watch clients cost to what 5,000 would: the arithmetic, as text for docs/scale.md. Pure. */
import { tableMarkdown } from "../markdown.ts";
import type { FanOut, ListCost } from "./inside.ts";

const NODES = 5_000;
/** A busy cluster: each pod that comes or goes is one or two changes of a slice. */
const CHANGES_PER_S = 20;
const SERVICES = 10_000;
const BYTES_PER_MB = 1_000_000;
const MS_PER_S = 1_000;

/** The figures and what follows from them. Throws when a figure is missing. */
export function projection(
  watches: readonly FanOut[],
  lists: readonly ListCost[],
  measured: string,
): string {
  return [
    `${measured}.\n`,
    "One change of an EndpointSlice of 10 endpoints, by the number of clients that watch:\n",
    watchTable(watches),
    "What follows, with the slope between 1 and 100 clients:\n",
    ...(["json", "protobuf"] as const).map((format) => projected(format, watches, lists)),
  ].join("\n");
}

function watchTable(watches: readonly FanOut[]): string {
  const title = [
    "form",
    "clients",
    "server's processor time",
    "bytes to each client",
    "last client has it after",
  ];
  const rows = watches.map(({ format, watchers, changes, serverS, bytes, lastSeenMs }) => [
    format,
    `${watchers}`,
    `${((serverS * MS_PER_S) / changes).toFixed(1)} ms`,
    watchers === 0 ? "-" : `${Math.round(bytes / changes / watchers)}`,
    watchers === 0 ? "-" : `${lastSeenMs.toFixed(0)} ms`,
  ]);
  return tableMarkdown(title, rows);
}

function projected(
  format: FanOut["format"],
  watches: readonly FanOut[],
  lists: readonly ListCost[],
): string {
  const at = (count: number): FanOut => {
    const found = watches.find((one) => one.format === format && one.watchers === count);
    if (!found) throw new Error(`no figure of ${count} clients in ${format}`);
    return found;
  };
  const [one, many] = [at(1), at(100)];
  const slopeMs = ((many.serverS - one.serverS) * MS_PER_S) / many.changes / (100 - 1);
  const bytes = many.bytes / many.changes / many.watchers;
  const perNode = (bytes * CHANGES_PER_S) / 1_000;
  const list = lists.find((found) => found.format === format);
  if (!list) throw new Error(`no list in ${format}`);
  const listBytes = (list.bytes / list.objects) * SERVICES;
  const listS = (list.serverS / list.objects) * SERVICES;
  return [
    `- **${format}**: a client more costs the server ${slopeMs.toFixed(2)} ms of processor time a change (in the guest, which is`,
    `  far slower than a plain machine) and ${Math.round(bytes)} bytes. With ${CHANGES_PER_S} changes a second each node gets`,
    `  ${CHANGES_PER_S} x ${Math.round(bytes)} = ${perNode.toFixed(0)} kB/s, and ${NODES.toLocaleString("en-GB")} nodes get ${((perNode * NODES) / 1_000).toFixed(0)} MB/s from all API servers together, for`,
    `  ${CHANGES_PER_S} x ${NODES.toLocaleString("en-GB")} x ${slopeMs.toFixed(2)} ms = ${((CHANGES_PER_S * NODES * slopeMs) / MS_PER_S).toFixed(0)} processors as slow as the guest's.`,
    `  A list of ${SERVICES.toLocaleString("en-GB")} slices is ${(listBytes / BYTES_PER_MB).toFixed(0)} MB and ${listS.toFixed(1)} s of that processor; ${NODES.toLocaleString("en-GB")} nodes that all`,
    `  start anew within ten minutes ask for ${((listBytes * NODES) / BYTES_PER_MB / 600).toFixed(0)} MB/s.`,
  ].join("\n");
}
