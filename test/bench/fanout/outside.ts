/** `npm run bench:fanout`: what N nodes that watch cost the API server, and what that makes of 5,000 of them. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { bootLab } from "../../lab/boot.ts";
import { bundleProgram } from "../../setup/bundle.mjs";
import { ROOT } from "../../setup/paths.mjs";
import { bootOfToday, type GuestFacts, measuredText } from "../boot-facts.ts";
import { lineChart } from "../chart.ts";
import type { ClusterSize } from "../cluster.ts";
import { filledStore } from "../filled-store.ts";
import { withMeasured } from "../markdown.ts";
import { writeResults } from "../results.ts";
import { WATCH_FORMATS } from "../watch-format.ts";
import { pointsOf } from "./fan-out-points.ts";
import type { FanOut, ListCost } from "./inside.ts";
import { projection } from "./projection.ts";

const SIZE: ClusterSize = { services: 1_000, endpointsPerService: 10 };
const MEMORY_MB = 8_192;
const MS_MAX = 1_200_000;
const PAGE = join(ROOT, "docs", "scale.md");

const filled = await filledStore(SIZE);
const inside = await bundleProgram("test/bench/fanout/inside.ts");
const figures: (FanOut | ListCost)[] = [];
let guest: GuestFacts | undefined;
const { engine, exitStatus, output } = await bootLab({
  command: ["node", inside, filled, JSON.stringify(SIZE)],
  memoryMb: MEMORY_MB,
  timeoutMs: MS_MAX,
  onLine: (line) => {
    if ("kernel" in (line as object)) guest = line as GuestFacts;
    else figures.push(line as FanOut | ListCost);
    process.stdout.write(`  ${JSON.stringify(line)}\n`);
  },
});
if (exitStatus !== 0 || !guest) throw new Error(`the guest ended with ${exitStatus}:\n${output}`);
const measured = measuredText([{ what: "", boot: bootOfToday(engine, guest) }]);
const watches = figures.filter((figure) => figure.kind === "watch");
const lists = figures.filter((figure) => figure.kind === "list");
const text = projection(watches, lists, measured);
writeFileSync(PAGE, withMeasured(readFileSync(PAGE, "utf8"), text));
const shown = WATCH_FORMATS.map((format) => ({
  format,
  points: pointsOf(watches, format).filter(({ watchers }) => watchers > 0),
}));
const files = writeResults("fanout", {
  json: { measured, watches, lists },
  charts: {
    fanout: lineChart({
      title: "Processor time of the API server for one changed EndpointSlice",
      subtitle: measured,
      x: {
        name: "watch clients",
        values: shown[0]?.points.map(({ watchers }) => watchers) ?? [],
        log: true,
      },
      y: { name: "milliseconds", log: true },
      lines: shown.map(({ format, points }) => ({
        name: format,
        values: points.map(({ serverMs }) => serverMs),
      })),
    }),
  },
});
process.stdout.write(`\n${text}\nWritten: docs/scale.md, ${files.join(", ")}\n`);
