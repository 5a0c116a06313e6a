/** What grows with the cluster, as charts. Pure. */
import { type LineChart, lineChart } from "../chart.ts";
import { type KeptFigure, measuredBySize } from "./kept-figures.ts";
import type { AtSize } from "./life-rows.ts";
import { objects, perObject } from "./per-object.ts";

/** By their file's name. */
export function scaleCharts(
  sizes: readonly AtSize[],
  figures: readonly KeptFigure[],
): Record<string, string> {
  const subtitle = measuredBySize(figures);
  const x = { name: "IPVS objects", values: sizes.map(({ size }) => objects(size)), log: true };
  const chart = (title: string, y: LineChart["y"], lines: LineChart["lines"]): string =>
    lineChart({ title, subtitle, x, y, lines });
  return {
    "scale-start": chart(
      "From process start to the table complete",
      { name: "seconds", log: true },
      [
        { name: "kube-ipvs", values: sizes.map(({ ours }) => seconds(ours?.completeMs)) },
        {
          name: "floor: plain Node pages and parses both lists",
          values: sizes.map(({ list }) => seconds(list?.tookMs)),
        },
        {
          name: "floor: the same messages from C",
          values: sizes.map(({ firstPass }) => seconds(firstPass?.floorMs)),
        },
      ],
    ),
    "scale-per-object": chart("Cost of one object", { name: "microseconds", log: true }, [
      {
        name: "kube-ipvs: a whole start",
        values: sizes.map((one) => perObject(one, one.ours?.completeMs)),
      },
      {
        name: "floor: plain Node pages and parses both lists",
        values: sizes.map((one) => perObject(one, one.list?.tookMs)),
      },
      {
        name: "kube-ipvs: plan, encode, send alone",
        values: sizes.map((one) => perObject(one, one.firstPass?.oursMs)),
      },
      {
        name: "floor: the same messages from C",
        values: sizes.map((one) => perObject(one, one.firstPass?.floorMs)),
      },
    ]),
    "scale-memory": chart("Memory of the agent", { name: "MB", log: false }, [
      { name: "resident", values: sizes.map(({ ours }) => ours?.quiet.residentMb ?? null) },
      { name: "peak", values: sizes.map(({ ours }) => ours?.quiet.peakMb ?? null) },
    ]),
    "scale-change": chart(
      "One endpoint changed: from the API server's answer to the kernel",
      { name: "milliseconds", log: true },
      [
        { name: "median", values: sizes.map(({ ours }) => ours?.change?.medianMs ?? null) },
        { name: "99th percentile", values: sizes.map(({ ours }) => ours?.change?.p99Ms ?? null) },
      ],
    ),
  };
}

function seconds(ms: number | undefined): number | null {
  return ms === undefined ? null : ms / 1_000;
}
