/** The scheduler of a Service is edited again and again while it serves. */
import { setTimeout as sleep } from "node:timers/promises";
import { hold } from "../../lab/traffic.ts";
import { kernelService, type Seen, untilSeen } from "../kernel-table.ts";
import { edit } from "../manifests.ts";
import {
  appliedIn,
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
    "The annotation of web-rr is edited five times, with requests going on and four connections " +
      "held open. The time runs from the new file's rename into place until the kernel's own " +
      "table has the scheduler: seeing the file, reading it, planning, one netlink message.",
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
  const times = edits.map(({ scheduler, seen }) => `${scheduler} ${ms(seen.tookMs)}`).join(", ");
  const gapMs = Math.max(...edits.map(({ seen }) => seen.gapMs));
  const isQuick = edits.every(({ seen }) => seen.tookMs < EDIT_MS_MAX);
  check(isQuick, `in the kernel after: ${times} (each at most ${ms(gapMs)} less)`);
  const applied = edits.map((one) => one.applied);
  check(
    applied.every((count) => count === 1),
    `netlink messages for each edit, by the agent's log: ${applied.join(" ")}`,
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

async function editScheduler(
  { agent }: NodeUnderTest,
  to: string,
  scheduler: string,
): Promise<MeasuredEdit> {
  const mark = agent.mark();
  const { atMs: sinceMs, diff } = edit({ kind: "Service", name: "web-rr" }, (text) =>
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
