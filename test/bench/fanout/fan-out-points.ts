/** What many rounds of a fan-out come to: one point for each count of clients, and what one client more costs. Pure. */
import { median } from "../row.ts";
import type { WatchFormat } from "../watch-format.ts";
import type { FanOut } from "./inside.ts";

const MS_PER_S = 1_000;

/** So many clients, over all rounds. */
export interface FanOutPoint {
  readonly watchers: number;
  /** Processor time of the API server for one change, in milliseconds: the median of the rounds, and its bounds. */
  readonly serverMs: number;
  readonly leastMs: number;
  readonly mostMs: number;
  /** To each client, of one change. */
  readonly bytes: number;
  readonly lastSeenMs: number;
}

/** The points of one format, by the number of clients. Throws where there is none. */
export function pointsOf(watches: readonly FanOut[], format: WatchFormat): FanOutPoint[] {
  const all = watches.filter((one) => one.format === format);
  if (all.length === 0) throw new Error(`no figure of watches in ${format}`);
  const counts = [...new Set(all.map(({ watchers }) => watchers))].sort((a, b) => a - b);
  return counts.map((watchers) => {
    const rounds = all.filter((one) => one.watchers === watchers);
    const serverMs = rounds.map(({ serverS, changes }) => (serverS * MS_PER_S) / changes);
    return {
      watchers,
      serverMs: median(serverMs),
      leastMs: Math.min(...serverMs),
      mostMs: Math.max(...serverMs),
      bytes: watchers === 0 ? 0 : median(rounds.map((one) => one.bytes / one.changes / watchers)),
      lastSeenMs: median(rounds.map((one) => one.lastSeenMs)),
    };
  });
}

/** What a client more costs the server, in milliseconds a change: the line with the least squares through all points. */
export function slopeMs(points: readonly FanOutPoint[]): number {
  const mean = (pick: (point: FanOutPoint) => number): number =>
    points.reduce((sum, point) => sum + pick(point), 0) / points.length;
  const [x, y] = [mean(({ watchers }) => watchers), mean(({ serverMs }) => serverMs)];
  const along = points.reduce((sum, one) => sum + (one.watchers - x) * (one.serverMs - y), 0);
  const spread = points.reduce((sum, one) => sum + (one.watchers - x) ** 2, 0);
  return along / spread;
}
