/**
 * The benchmark inside the lab: floor and agent in turn, each in a fresh network namespace.
 * Arguments: the paths of all that it runs, by name.
 */
import { execFile, spawn } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { report } from "../lab/report.ts";
import { shell } from "../lab/shell.ts";
import { objectsOf } from "./cluster-objects.ts";

const run = promisify(execFile);

const SERVICES = 10_000;
const ENDPOINTS = 10;
const RUNS = 3;
/** The floor at the batch sizes that were found best for it. */
const FLOOR_BATCHES = [500, 2_000];
const SERVICES_PER_FILE = 1_000;
const AGENT_MS_MAX = 120_000;
const SETTLE_MS = 12_000;
/** Entries of connection tracking, and those of them that one endpoint answers. */
const ENTRIES = 100_000;
const ENTRIES_OF_ENDPOINT = 100;

const [floor = "", nftFloor = "", cold = "", changes = "", filter = "", conntrack = "", main = ""] =
  process.argv.slice(2);
const SIZE = [SERVICES, ENDPOINTS] as const;

report({ kind: "kernel", text: readFileSync("/proc/version", "utf8").trim() });
for (let i = 0; i < RUNS; i++) {
  for (const batch of FLOOR_BATCHES) {
    await floorRun("ipvs", [String(SERVICES), String(ENDPOINTS), String(batch)]);
  }
  await floorRun("addresses", [String(SERVICES), "200"]);
  report({ kind: "full", value: await fresh(cold, [...SIZE, "full"]) });
}
report({ kind: "profile", value: await fresh(cold, [...SIZE, "profile"]) });
for (let i = 0; i < RUNS; i++) {
  report({ kind: "changes", value: await fresh(changes, SIZE) });
  report({ kind: "filter", value: await fresh(filter, [nftFloor, SERVICES]) });
}
await shell(`sysctl -qw net.netfilter.nf_conntrack_max=${2 * ENTRIES}`);
for (let i = 0; i < RUNS; i++) {
  report({ kind: "conntrack", value: await fresh(conntrack, [ENTRIES, ENTRIES_OF_ENDPOINT]) });
}
await memoryRun();

async function floorRun(what: string, args: readonly string[]): Promise<void> {
  const { stdout } = await run(floor, [what, ...args]);
  report({ kind: "floor", what, ...JSON.parse(stdout) });
}

/** What a cold process in a network namespace of its own prints. */
async function fresh(program: string, args: readonly (string | number)[]): Promise<unknown> {
  const command = `ip link set lo up; exec node ${program} ${args.join(" ")}`;
  const { stdout } = await run("unshare", ["-n", "sh", "-c", command]);
  return JSON.parse(stdout);
}

/** The agent as users start it, on manifests of that size; its memory once it is quiet. */
async function memoryRun(): Promise<void> {
  const folder = "/run/bench-manifests";
  mkdirSync(folder, { recursive: true });
  const size = { services: SERVICES, endpointsPerService: ENDPOINTS };
  for (let from = 0; from < SERVICES; from += SERVICES_PER_FILE) {
    const items = objectsOf(from, Math.min(from + SERVICES_PER_FILE, SERVICES), size);
    const list = { apiVersion: "v1", kind: "List", items };
    writeFileSync(`${folder}/${from}.json`, JSON.stringify(list));
  }
  const command = `ip link set lo up; exec node ${main} run --manifests ${folder} --node-name node --log-format json --status-socket /run/bench.sock`;
  const startMs = performance.now();
  const agent = spawn("unshare", ["-n", "sh", "-c", command], {
    stdio: ["ignore", "inherit", "pipe"],
  });
  const synced = new Promise<Record<string, unknown>>((resolve, reject) => {
    let text = "";
    agent.stderr.on("data", (part: Buffer) => {
      text += part.toString();
      const line = text.split("\n").find((one) => one.includes("first sync finished"));
      if (line) resolve(JSON.parse(line) as Record<string, unknown>);
    });
    agent.on("exit", () => reject(new Error(`the agent ended: ${text.slice(-2_000)}`)));
  });
  const late = sleep(AGENT_MS_MAX, undefined, { ref: false }).then(() => {
    throw new Error(`no first sync within ${AGENT_MS_MAX} ms`);
  });
  const line = await Promise.race([synced, late]);
  const tookMs = performance.now() - startMs;
  await sleep(SETTLE_MS);
  const status = readFileSync(`/proc/${agent.pid}/status`, "utf8");
  const kilobytes = (name: string): number =>
    Number(new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(status)?.[1] ?? Number.NaN);
  report({
    kind: "memory",
    startToSyncMs: tookMs,
    firstSyncMs: line["tookMs"],
    residentMb: kilobytes("VmRSS") / 1_024,
    peakMb: kilobytes("VmHWM") / 1_024,
  });
  agent.removeAllListeners("exit");
  agent.kill("SIGTERM");
}
