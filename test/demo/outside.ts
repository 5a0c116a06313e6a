/**
 * `npm run demo`, and `npm run demo -- --api` with a real API server: boots the lab once, has the demo run in it, and prints what was measured there.
 * The exit status is 1 when a statement does not hold or the demo does not get to its end.
 */
import { bootLab, type LabResult } from "../lab/boot.ts";
import { LabError } from "../lab/lab-error.ts";
import { bundleProgram } from "../setup/bundle.mjs";
import { movingLine } from "../setup/display.mjs";
import type { DemoEvent } from "./demo-event.ts";
import { COLUMNS_MAX, demoText, summaryText, type TextStyle } from "./demo-text.ts";

const DEMO_MS_MAX = 180_000;
/** A kube-apiserver starts twice. */
const API_DEMO_MS_MAX = 480_000;
const MEMORY_MB = 3072;
const INTERRUPTED = 130;

const terminal = process.stdout.isTTY === true;
const style: TextStyle = {
  colors: terminal && !process.env["NO_COLOR"],
  columns: Math.min(terminal ? process.stdout.columns || COLUMNS_MAX : COLUMNS_MAX, COLUMNS_MAX),
};
const abort = new AbortController();
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.once(signal, () => abort.abort());
}

let held = 0;
let all = 0;
let ended = false;
let before: DemoEvent["kind"] | undefined;
let waiting: ReturnType<typeof movingLine> | undefined;

/** Only a terminal shows what goes on: a pipe gets results. */
function wait(text: string): void {
  waiting?.end("");
  waiting = terminal ? movingLine(`   ${text}`, performance.now()) : undefined;
}

function print(text: string): void {
  waiting?.end("");
  waiting = undefined;
  process.stdout.write(text);
}

function accept(event: DemoEvent): void {
  if (event.kind === "doing") {
    wait(event.text);
    return;
  }
  if (event.kind === "check") {
    all += 1;
    if (event.holds) held += 1;
  }
  if (event.kind === "end") ended = true;
  print(demoText(event, before, style));
  before = event.kind;
}

async function runInLab(): Promise<LabResult> {
  const inside = await bundleProgram("test/demo/inside.ts");
  const isApi = process.argv.includes("--api");
  return await bootLab({
    command: ["node", "--enable-source-maps", inside, ...(isApi ? ["--api"] : [])],
    timeoutMs: isApi ? API_DEMO_MS_MAX : DEMO_MS_MAX,
    memoryMb: MEMORY_MB,
    signal: abort.signal,
    onLine: (line) => accept(line as DemoEvent),
  });
}

const startMs = performance.now();
wait("booting a node with a kernel of its own");
try {
  const { exitStatus, output } = await runInLab();
  if (!ended) print(`\nThe demo ended with status ${exitStatus} before its time.\n${output}\n`);
} catch (err) {
  if (!(err instanceof LabError)) throw err;
  if (!abort.signal.aborted) print(`\n${err.message}\n`);
} finally {
  waiting?.end("");
}
if (abort.signal.aborted) process.exitCode = INTERRUPTED;
else {
  print(summaryText({ held, all, tookMs: performance.now() - startMs }, style));
  process.exitCode = ended && all > 0 && held === all ? 0 : 1;
}
