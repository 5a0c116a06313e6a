/** One row of the benchmarks on a whole node, and rows as a table. Pure. */
import { tableText } from "../../../src/cli/table.ts";

/** A figure with what it is held against. */
export interface NodeRow {
  readonly what: string;
  /** Size of the cluster, such as `10,000 x 10`. */
  readonly at: string;
  /** Undefined: it could not be measured, and `note` says why. */
  readonly value: number | undefined;
  readonly unit: string;
  /** In the same boot, by C or by plain Node. */
  readonly floor?: number | undefined;
  /** kube-proxy in the same boot. */
  readonly peer?: number | undefined;
  /** Why it has no figure, or what is to be known of the one that it has. */
  readonly peerNote?: string | undefined;
  /** At most; of the ratio to the floor where it says so. */
  readonly target?: { readonly most: number; readonly of: "value" | "ratio" };
  readonly note?: string;
}

/** The rows as text, with ratios. */
export function nodeTable(rows: readonly NodeRow[]): string {
  const title = ["WHAT", "AT", "KUBE-IPVS", "FLOOR", "RATIO", "KUBE-PROXY", "RATIO", "TARGET", ""];
  return tableText([title, ...rows.map(cellsOf)]);
}

/** Those whose target is missed, and those that could not be measured. */
export function missed(rows: readonly NodeRow[]): string[] {
  return rows
    .filter((row) => row.value === undefined || !isMet(row))
    .map(({ what, at, note }) => `${what}, ${at}${note === undefined ? "" : ` (${note})`}`);
}

function cellsOf(row: NodeRow): string[] {
  const { what, at, value, unit, floor, peer, peerNote, target, note } = row;
  const against = (other: number | undefined, ratio: number): string[] =>
    other === undefined ? ["", ""] : [figureText(other, unit), ratioText(ratio)];
  const own = value ?? Number.NaN;
  // The other way round: how many times more it is there.
  const [peerText = "", peerRatio = ""] = against(peer, (peer ?? Number.NaN) / own);
  const aim = target
    ? [
        `<= ${target.most} ${target.of === "ratio" ? "x" : unit}`,
        value === undefined ? "" : isMet(row) ? "ok" : "MISSED",
      ]
    : ["", ""];
  return [
    what,
    at,
    value === undefined ? (note ?? "not measured") : figureText(value, unit),
    ...against(floor, own / (floor ?? Number.NaN)),
    [peerText, peerNote].filter(Boolean).join("; "),
    peerRatio,
    ...aim,
  ];
}

function isMet({ value = Number.NaN, floor = Number.NaN, target }: NodeRow): boolean {
  if (!target) return true;
  return (target.of === "ratio" ? value / floor : value) <= target.most;
}

function ratioText(ratio: number): string {
  return !Number.isFinite(ratio) ? "" : `${ratio.toFixed(2)} x`;
}

function figureText(value: number, unit: string): string {
  const digits = value < 10 ? 2 : value < 100 ? 1 : 0;
  return `${Number.isInteger(value) ? value.toLocaleString("en-GB") : value.toFixed(digits)} ${unit}`;
}
