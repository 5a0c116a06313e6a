/** The rows of a proxy's life on a node, with what it is held against. Pure. */
import type { ClusterSize } from "../cluster.ts";
import type { NodeFigure } from "./inside.ts";
import type { NodeRow } from "./node-row.ts";
import { pairOf } from "./pair.ts";
import type { FirstPassResult } from "./scenarios/first-pass.ts";
import type { LifeResult } from "./scenarios/life.ts";
import type { ListResult } from "./scenarios/list.ts";
import type { WatchResult } from "./scenarios/watch.ts";
import { sizeText } from "./size-text.ts";
import { noSyncText } from "./subject.ts";

const MS_PER_S = 1_000;

/** At most, by size. */
const TARGETS: Readonly<Record<string, { readonly startS: number }>> = {
  "1,000 x 10": { startS: 3 },
  "10,000 x 10": { startS: 12 },
};
/** What holds at the size that the product is made for. */
const TARGETS_AT = "10,000 x 10";

/** What a boot measured at one size. */
export interface AtSize {
  readonly size: ClusterSize;
  readonly ours: LifeResult | undefined;
  readonly peer: LifeResult | undefined;
  readonly list: ListResult | undefined;
  readonly watch: WatchResult | undefined;
  readonly firstPass: FirstPassResult | undefined;
  /** Why the peer has no figures, where it was to have some. */
  readonly peerNote: string | undefined;
}

/** Sorts the figures of a boot. */
export function atSize(figures: readonly NodeFigure[], size: ClusterSize): AtSize {
  const life = pairOf<LifeResult>(figures, size, "life");
  return {
    size,
    ours: life.ours,
    peer: life.peer,
    list: pairOf<ListResult>(figures, size, "list").ours,
    watch: pairOf<WatchResult>(figures, size, "watch").ours,
    firstPass: pairOf<FirstPassResult>(figures, size, "first-pass").ours,
    peerNote: life.peerNote,
  };
}

function inS(ms: number | undefined): number | undefined {
  return ms === undefined ? undefined : ms / MS_PER_S;
}

/** The rows of one size. */
export function lifeRows(measured: AtSize): NodeRow[] {
  const { size, ours, peer, list, watch, firstPass, peerNote } = measured;
  const at = sizeText(size);
  const isMain = at === TARGETS_AT;
  const startS = TARGETS[at]?.startS;
  const most = (value: number): Pick<NodeRow, "target"> =>
    isMain ? { target: { most: value, of: "value" } } : {};
  const isLate = peer !== undefined && peer.syncedMs === undefined;
  const late = isLate ? noSyncText(peer.syncMsMax) : peerNote;
  const of = (pick: (life: LifeResult) => number | undefined) => ({
    at,
    value: ours && pick(ours),
    peer: peer && pick(peer),
    ...(ours === undefined && { note: "failed" }),
    ...((peer === undefined || pick(peer) === undefined) && { peerNote: late }),
  });
  /** For what one that goes on with its first sync does not have to itself. */
  const meanwhile = !isLate ? {} : { peerNote: "in its first sync" };
  return [
    {
      what: "process start to table complete",
      ...of(({ completeMs }) => completeMs / MS_PER_S),
      unit: "s",
      floor: list && list.tookMs / MS_PER_S,
      ...(startS !== undefined && { target: { most: startS, of: "value" as const } }),
    },
    {
      what: "  to the end of the first sync",
      ...of(({ syncedMs }) => inS(syncedMs)),
      unit: "s",
    },
    {
      what: "  processor time until then",
      ...of(({ startProcessorS }) => startProcessorS),
      unit: "s",
    },
    ...firstPassRows(at, firstPass, isMain),
    {
      what: "one endpoint changed, API answer to kernel, median",
      ...of(({ change }) => change?.medianMs),
      unit: "ms",
      floor: watch?.change.medianMs,
      ...most(20),
    },
    {
      what: "  99th percentile",
      ...of(({ change }) => change?.p99Ms),
      unit: "ms",
      floor: watch?.change.p99Ms,
      ...most(100),
    },
    {
      what: "processor time in 60 s with nothing changing",
      ...of(({ idleProcessorS }) => idleProcessorS),
      ...meanwhile,
      unit: "s",
      ...most(0.3),
    },
    {
      what: "resident memory",
      ...of(({ quiet }) => quiet.residentMb),
      ...meanwhile,
      unit: "MB",
      ...most(160),
    },
    {
      what: "  its peak during the first sync",
      ...of(({ quiet }) => quiet.peakMb),
      unit: "MB",
      ...most(230),
    },
    {
      what: "restart on a correct table",
      ...of(({ restartMs }) => inS(restartMs)),
      unit: "s",
      ...most(12),
    },
    {
      what: "  writing operations",
      ...of(({ restartWrites }) => restartWrites),
      unit: "",
      ...most(0),
    },
  ];
}

/** Without an API server: plan and write alone. */
function firstPassRows(
  at: string,
  firstPass: FirstPassResult | undefined,
  isMain: boolean,
): NodeRow[] {
  if (!firstPass) return [];
  const { oursMs, floorMs, filterElements, filterMs, filterFloorMs } = firstPass;
  return [
    {
      what: "  plan, encode and send alone",
      ...{ at, value: oursMs, unit: "ms", floor: floorMs },
      ...(isMain && { target: { most: 2, of: "ratio" as const } }),
    },
    {
      what: `  ${filterElements.toLocaleString("en-GB")} elements of the packet filter alone`,
      ...{ at, value: filterMs, unit: "ms", floor: filterFloorMs },
    },
  ];
}
