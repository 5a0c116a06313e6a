/** The rows of a proxy's life: what is missing says why. */
import { expect, test } from "vitest";
import type { NodeFigure } from "../../bench/node/inside.ts";
import { atSize, lifeRows } from "../../bench/node/life-rows.ts";
import type { NodeRow } from "../../bench/node/node-row.ts";
import type { LifeResult } from "../../bench/node/scenarios/life.ts";
import { mustSync, noSyncText } from "../../bench/node/subject.ts";

const SIZE = { services: 10_000, endpointsPerService: 10 };
const USAGE = { processorS: 1, residentMb: 100, peakMb: 200 };
const LIFE: LifeResult = {
  ...{ completeMs: 10_000, syncedMs: 11_000, syncMsMax: 900_000, startProcessorS: 5 },
  ...{ table: { services: 10_000, destinations: 100_000 }, atSync: USAGE, quiet: USAGE },
  ...{ idleProcessorS: 0.2, restartMs: 9_000, restartWrites: 0 },
  change: { medianMs: 10, p99Ms: 50, worstMs: 60, changes: 200 },
};
const LATE: LifeResult = {
  ...{ ...LIFE, syncedMs: undefined, change: undefined, restartMs: undefined },
  restartWrites: undefined,
};

function figure(subject: NodeFigure["subject"], value: LifeResult): NodeFigure {
  // As it comes out of a guest: without what is undefined.
  const printed: unknown = JSON.parse(JSON.stringify(value));
  return { subject, scenario: "life", size: SIZE, value: printed, serverProcessorS: 0 };
}

function rowsOf(...figures: readonly NodeFigure[]): (what: string) => NodeRow {
  const rows = lifeRows(atSize(figures, SIZE));
  return (what) => rows.find((row) => row.what.trim().startsWith(what)) as NodeRow;
}

test("a peer without a first sync keeps its start, memory and idle figures, and the others say why", () => {
  const row = rowsOf(figure("kube-ipvs", LIFE), figure("kube-proxy", LATE));
  const why = "no first sync within 900 s";
  expect(row("process start to table complete")).toMatchObject({ value: 10, peer: 10 });
  expect(row("process start to table complete").peerNote).toBeUndefined();
  for (const what of ["to the end of the first sync", "one endpoint changed", "restart on"]) {
    expect(row(what)).toMatchObject({ peer: undefined, peerNote: why });
  }
  expect(row("resident memory")).toMatchObject({ peer: 100, peerNote: "in its first sync" });
  expect(row("processor time in 60 s")).toMatchObject({ peer: 0.2, peerNote: "in its first sync" });
});

test("a peer that has synced has no notes", () => {
  const row = rowsOf(figure("kube-ipvs", LIFE), figure("kube-proxy", LIFE));
  expect(row("resident memory").peerNote).toBeUndefined();
  expect(row("restart on")).toMatchObject({ peer: 9 });
});

test("a peer that failed says why in all of its cells", () => {
  const size = { services: 10_000, endpointsPerService: 10 };
  const row = rowsOf(figure("kube-ipvs", LIFE), {
    ...{ subject: "kube-proxy", scenario: "life", size, value: null, serverProcessorS: 0 },
    error: "the table is not complete\nits log",
  });
  expect(row("resident memory")).toMatchObject({
    value: 100,
    peerNote: "the table is not complete",
  });
});

test("what cannot be measured without a first sync says how long it was waited for", async () => {
  const synced = () => Promise.resolve(false);
  await expect(mustSync({ synced, syncMsMax: 1_200_000 })).rejects.toThrow(noSyncText(1_200_000));
  expect(noSyncText(1_200_000)).toBe("no first sync within 1,200 s");
});
