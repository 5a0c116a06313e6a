/** What a boot found of one scenario, for kube-ipvs and for kube-proxy, and rows of both. Pure. */
import type { ClusterSize } from "../cluster.ts";
import type { NodeFigure } from "./inside.ts";
import type { NodeRow } from "./node-row.ts";
import type { SubjectName } from "./node-task.ts";
import { sizeText } from "./size-text.ts";

/** Both, as far as they were measured. */
export interface Pair<T> {
  readonly at: string;
  readonly ours: T | undefined;
  readonly peer: T | undefined;
  /** Why ours is not. */
  readonly note?: string | undefined;
  /** Why the peer's is not, where it was to be. */
  readonly peerNote?: string | undefined;
}

/** One row of a pair. */
export interface PairRow<T> {
  readonly what: string;
  readonly unit: string;
  /** Null where it is nothing that this proxy has. */
  readonly pick: (one: T) => number | null;
  readonly most?: number | undefined;
  readonly floor?: number | undefined;
}

/** Those of one scenario at one size. */
export function pairOf<T>(
  figures: readonly NodeFigure[],
  size: ClusterSize,
  scenario: NodeFigure["scenario"],
): Pair<T> {
  const find = (subject: SubjectName): NodeFigure | undefined =>
    figures.find(
      (figure) =>
        figure.subject === subject &&
        figure.scenario === scenario &&
        sizeText(figure.size) === sizeText(size),
    );
  const [ours, peer] = [find("kube-ipvs"), find("kube-proxy")];
  return {
    at: sizeText(size),
    ours: (ours?.value as T | null | undefined) ?? undefined,
    peer: (peer?.value as T | null | undefined) ?? undefined,
    note: ours && reason(ours),
    peerNote: peer && reason(peer),
  };
}

/** The row of both. */
export function pairRow<T>(pair: Pair<T>, { what, unit, pick, most, floor }: PairRow<T>): NodeRow {
  const { at, ours, peer, note, peerNote } = pair;
  return {
    ...{ what, at, unit, floor, value: ours && (pick(ours) ?? undefined) },
    ...(ours === undefined && { note: note ?? "not measured" }),
    peer: peer && (pick(peer) ?? undefined),
    ...(peer === undefined && peerNote !== undefined && { peerNote }),
    ...(most !== undefined && { target: { most, of: "value" as const } }),
  };
}

function reason({ late, error }: NodeFigure): string | undefined {
  return late ?? error?.split("\n")[0];
}
