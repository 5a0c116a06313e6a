/** The benchmark's rows about what Services need besides IPVS: packet filter, connection tracking, order. Pure. */
import type { ChangesRun, ConntrackRun, Cost, Figure, FilterRun } from "./figure.ts";
import { median, type Row } from "./row.ts";

/** Those of `figures`. */
export function featureRows(figures: readonly Figure[]): Row[] {
  return [
    ...changeRows(figures.filter((figure) => figure.kind === "changes").map(({ value }) => value)),
    ...filterRows(figures.filter((figure) => figure.kind === "filter").map(({ value }) => value)),
    ...conntrackRows(
      figures.filter((figure) => figure.kind === "conntrack").map(({ value }) => value),
    ),
  ];
}

function changeRows(runs: readonly ChangesRun[]): Row[] {
  const of = (pick: (run: ChangesRun) => number): number => median(runs.map(pick));
  return [
    {
      what: "default/kubernetes works, from the first picture",
      value: of(({ first }) => first.kubernetesMs),
      unit: "ms",
      target: { most: 1_000, of: "value" },
    },
    { what: "  and all other Services", value: of(({ first }) => first.allMs), unit: "ms" },
    ...costRows(
      "an endpoint comes elsewhere",
      runs.map(({ costs }) => costs.elsewhere),
      {
        elements: 0,
        requests: 0,
      },
    ),
    ...costRows(
      "an endpoint comes on this node (hairpin)",
      runs.map(({ costs }) => costs.local),
      {
        elements: 1,
        requests: 0,
      },
    ),
    ...costRows(
      "an endpoint of UDP goes",
      runs.map(({ costs }) => costs.udp),
      {
        elements: 0,
        requests: 1,
      },
    ),
  ];
}

/** Counts are those of the worst run: no change may cost more than its own Service. */
function costRows(
  what: string,
  costs: readonly Cost[],
  most: { readonly elements: number; readonly requests: number },
): Row[] {
  const row = (name: string, unit: string, pick: (cost: Cost) => number, limit: number): Row => ({
    what: `  ${name}`,
    value: Math.max(...costs.map((cost) => pick(cost) / cost.changes)),
    unit,
    target: { most: limit, of: "value" },
  });
  return [
    { what: `${what}, median`, value: median(costs.map(({ medianMs }) => medianMs)), unit: "ms" },
    row(
      "IPVS and address messages",
      "messages",
      (cost) => cost.ipvsMessages + cost.addressMessages,
      1,
    ),
    row("elements of the packet filter", "elements", (cost) => cost.filterObjects, most.elements),
    row("  in transactions", "transactions", (cost) => cost.filterTransactions, most.elements),
    row("requests to connection tracking", "requests", (cost) => cost.forgets, most.requests),
  ];
}

function filterRows(runs: readonly FilterRun[]): Row[] {
  const of = (pick: (run: FilterRun) => number): number => median(runs.map(pick));
  const elements = runs[0]?.elements ?? Number.NaN;
  return [
    {
      what: `packet filter: ${elements.toLocaleString("en")} elements in one transaction`,
      value: of(({ ours }) => ours.allMs),
      unit: "ms",
      floor: of(({ floor }) => floor.allMs),
    },
    {
      what: "  one element more, median",
      value: of(({ ours }) => ours.single.medianMs),
      unit: "ms",
      floor: of(({ floor }) => floor.single.medianMs),
    },
    {
      what: "  the slowest of them",
      value: of(({ ours }) => ours.single.worstMs),
      unit: "ms",
      floor: of(({ floor }) => floor.single.worstMs),
    },
  ];
}

function conntrackRows(runs: readonly ConntrackRun[]): Row[] {
  const of = (pick: (run: ConntrackRun) => number): number => median(runs.map(pick));
  const entries = (runs[0]?.entries ?? Number.NaN).toLocaleString("en");
  return [
    {
      what: `${of(({ deleted }) => deleted)} flows of one endpoint forgotten among ${entries}`,
      value: of(({ forgetMs }) => forgetMs),
      unit: "ms",
    },
    { what: "  reading alone, where none is meant", value: of(({ readMs }) => readMs), unit: "ms" },
  ];
}
