/** Charts as SVG text: lines over a number, and bars in groups. Draws; computes nothing. */
import { type EChartsOption, init } from "echarts";

const WIDTH = 900;
const HEIGHT = 480;
const BAR_HEIGHT = 16;
/** Between two groups of bars. */
const GROUP_GAP = 14;
/** Titles, axis and legend. */
const AROUND_BARS = 166;
const GROUP_NAME_WIDTH = 300;
/** For fonts that are wider than they are taken for. */
const GROUP_NAME_ROOM = 70;
/** What is left of the width for several names in a row, and between them, for the same reason. */
const LEGEND_ROOM = 280;
const LEGEND_GAP = 26;
/** Told apart by people who see colours differently, too (Okabe and Ito). */
const COLOURS = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000"];
const SYMBOLS = ["circle", "rect", "triangle", "diamond", "pin", "arrow", "roundRect"] as const;
const FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif";
const DASHED = /floor|target/i;

/** What every chart says about itself. */
interface Titles {
  readonly title: string;
  /** Where and how it was measured. */
  readonly subtitle: string;
}

/** Lines over a number. */
export interface LineChart extends Titles {
  readonly x: { readonly name: string; readonly values: readonly number[]; readonly log: boolean };
  readonly y: { readonly name: string; readonly log: boolean };
  /** A value for each of `x`; null where there is none. Floors and targets, by their name, are dashed. */
  readonly lines: readonly {
    readonly name: string;
    readonly values: readonly (number | null)[];
  }[];
}

/** Bars beside each other, by group. */
export interface BarChart extends Titles {
  readonly unit: string;
  readonly log: boolean;
  readonly groups: readonly string[];
  readonly bars: readonly {
    readonly name: string;
    readonly values: readonly (number | null)[];
  }[];
}

/** The chart as a whole SVG file. */
export function lineChart({ x, y, lines, ...titles }: LineChart): string {
  return draw(titles, {
    xAxis: {
      type: x.log ? "log" : "value",
      name: x.name,
      nameLocation: "middle",
      nameGap: 32,
      min: Math.min(...x.values),
      max: Math.max(...x.values),
      axisLabel: { formatter: numberText },
    },
    yAxis: { ...valueAxis(y.name, y.log), nameGap: 58, nameRotate: 90 },
    series: lines.map(({ name, values }, index) => ({
      type: "line",
      name,
      symbol: SYMBOLS[index % SYMBOLS.length] ?? "circle",
      symbolSize: 8,
      lineStyle: { width: 2, type: DASHED.test(name) ? "dashed" : "solid" },
      data: values.flatMap((value, at) => (value === null ? [] : [[x.values[at] ?? 0, value]])),
    })),
  });
}

/** The chart as a whole SVG file; it is as high as its groups are many. */
export function barChart({ unit, log, groups, bars, ...titles }: BarChart): string {
  const values = bars.flatMap((one) => one.values.filter((value) => value !== null));
  const least = log ? leastOf(values) : 0;
  const height = AROUND_BARS + groups.length * (bars.length * BAR_HEIGHT + GROUP_GAP);
  return draw(
    titles,
    {
      xAxis: {
        ...valueAxis(unit, log),
        ...(log && { min: least, startValue: least }),
        nameGap: 32,
      },
      yAxis: {
        type: "category",
        data: [...groups],
        inverse: true,
        axisLabel: { interval: 0, width: GROUP_NAME_WIDTH, overflow: "break" },
      },
      grid: { left: GROUP_NAME_WIDTH + GROUP_NAME_ROOM, right: 72, top: 78, bottom: 88 },
      series: bars.map((one) => ({
        type: "bar",
        name: one.name,
        barWidth: BAR_HEIGHT,
        // A logarithm has no zero to end a bar at: what is less than the axis begins with is the shortest.
        data: one.values.map((value) => (value === null ? "-" : Math.max(value, least))),
        label: {
          show: true,
          position: "right",
          fontSize: 11,
          formatter: ({ dataIndex }) => labelText(one.values[dataIndex]),
        },
      })),
    },
    height,
  );
}

/** The power of ten that a logarithmic axis begins at: before the least value, so that its bar is seen. */
function leastOf(values: readonly number[]): number {
  const least = Math.min(1, ...values.filter((value) => value > 0));
  return 10 ** (Math.ceil(Math.log10(least)) - 1);
}

function draw({ title, subtitle }: Titles, option: EChartsOption, height = HEIGHT): string {
  const chart = init(null, null, { renderer: "svg", ssr: true, width: WIDTH, height });
  chart.setOption({
    animation: false,
    backgroundColor: "#ffffff",
    color: COLOURS,
    textStyle: { fontFamily: FONT },
    title: {
      ...{ text: title, subtext: subtitle, left: "center", top: 10 },
      subtextStyle: { width: WIDTH - GROUP_NAME_ROOM, overflow: "break" },
    },
    legend: { bottom: 6, left: "center", width: WIDTH - LEGEND_ROOM, itemGap: LEGEND_GAP },
    grid: { left: 84, right: 36, top: 78, bottom: 124 },
    ...option,
  });
  const svg = chart.renderToSVGString();
  chart.dispose();
  return `${svg}\n`;
}

function valueAxis(name: string, log: boolean) {
  return {
    type: log ? ("log" as const) : ("value" as const),
    name,
    nameLocation: "middle" as const,
    axisLabel: { formatter: numberText },
  };
}

function labelText(value: unknown): string {
  return typeof value === "number" ? numberText(value) : "";
}

/** `10,000`, `0.25`: three digits that matter. */
function numberText(value: number): string {
  return Math.abs(value) >= 100
    ? Math.round(value).toLocaleString("en-GB")
    : `${Number(value.toPrecision(3))}`;
}
