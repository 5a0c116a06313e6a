/** The scheduler of a Service is edited again and again while it serves. */
import { setTimeout as sleep } from "node:timers/promises";
import { appliedIn } from "../../lab/agent-process.ts";
import { hold } from "../../lab/traffic.ts";
import { kernelService, type Seen, untilSeen } from "../kernel-table.ts";
import {
  backgroundLoad,
  fromClients,
  ms,
  type NodeUnderTest,
  SETTLE_MS,
} from "../node-under-test.ts";
import { chapter, check, doing, quote, say } from "../story.ts";

/** What the annotation becomes, one edit after the other. */
const EDITS = ["sh", "lc", "sed", "nq", "rr"];
const HELD_CONNECTIONS = 4;
const EDIT_MS_MAX = 2_000;
const HOLD_MS_MAX = 60_000;
const HOLD_INTERVAL_MS = 50;

/** Measures the way from the file to the kernel, and who notices. */
export async function liveEdit(node: NodeUnderTest): Promise<void> {
  chapter("2. Edited while it serves");
  say(
    `The annotation of web-rr becomes ${EDITS.join(", ")}, with requests going on and ` +
      `${HELD_CONNECTIONS} connections held open. ` +
      `The time runs from ${node.samples.editBegins} until the kernel's own ` +
      "table has the scheduler: seeing it, reading it, planning, writing. " +
      "The guest has one slow processor, which makes the requests and the answers too.",
  );
  doing("five edits under load");
  const to = node.socketOf("web-rr");
  const open = await hold({
    ...fromClients(to),
    connections: HELD_CONNECTIONS,
    intervalMs: HOLD_INTERVAL_MS,
    durationMs: HOLD_MS_MAX,
  });
  const load = backgroundLoad(to);
  await sleep(SETTLE_MS);
  const edits: MeasuredEdit[] = [];
  for (const scheduler of EDITS) edits.push(await editScheduler(node, to, scheduler));
  const { connections } = await open.stop();
  quote(edits.map((one) => one.diff)[0] ?? "");
  checkTimes(edits.map(({ seen }) => seen));
  const applied = edits.map((one) => one.applied);
  check(
    applied.every((count) => count === 1),
    `operations sent for each edit, by the agent's log: ${applied.join(" ")}`,
  );
  await load.stop();
  const kept = connections.filter(({ broken, moved }) => broken === null && !moved).length;
  check(
    kept === HELD_CONNECTIONS && connections.length === HELD_CONNECTIONS,
    `${kept} of ${HELD_CONNECTIONS} open connections went on with the pod they had`,
  );
}

interface MeasuredEdit {
  readonly scheduler: string;
  readonly diff: string;
  readonly seen: Seen;
  /** Operations that the agent says it sent. */
  readonly applied: number;
}

function checkTimes(seen: readonly Seen[]): void {
  const times = seen.map(({ tookMs }) => tookMs);
  const median = times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)] ?? Number.NaN;
  const late = Math.max(...seen.map(({ gapMs }) => gapMs));
  const list = times.map((time) => time.toFixed(0)).join(", ");
  check(
    times.length === EDITS.length && times.every((time) => time < EDIT_MS_MAX),
    `in the kernel after ${list} ms, median ${ms(median)} (seen at most ${ms(late)} late)`,
  );
}

async function editScheduler(
  { agent, samples }: NodeUnderTest,
  to: string,
  scheduler: string,
): Promise<MeasuredEdit> {
  const mark = agent.mark();
  const { atMs: sinceMs, diff } = await samples.edit({ kind: "Service", name: "web-rr" }, (text) =>
    text.replace(/scheduler: \w+/, `scheduler: ${scheduler}`),
  );
  const seen = await untilSeen(
    `${scheduler} at ${to}`,
    () => kernelService(to)?.scheduler === scheduler,
    { sinceMs, msMax: EDIT_MS_MAX },
  );
  await sleep(SETTLE_MS);
  return { scheduler, diff, seen, applied: appliedIn(agent.since(mark)) };
}
