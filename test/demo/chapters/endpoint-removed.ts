/** A pod leaves a Service that serves: no new connections, and its open one to the end. */
import { setTimeout as sleep } from "node:timers/promises";
import { type HoldResult, hold, load } from "../../lab/traffic.ts";
import { kernelService, untilSeen } from "../kernel-table.ts";
import {
  backgroundLoad,
  fromClients,
  ms,
  type NodeUnderTest,
  seconds,
} from "../node-under-test.ts";
import type { Edit } from "../samples.ts";
import { chapter, check, doing, quote, say } from "../story.ts";

const POD = "p2";
const ADDRESS = "10.1.0.2";
const DESTINATION = `${ADDRESS}:8080`;
const HELD_CONNECTIONS = 4;
const HOLD_INTERVAL_MS = 50;
const HOLD_MS_MAX = 60_000;
const BEFORE_MS = 300;
const NEW_REQUESTS = 200;
/** How long the open connection goes on after that. */
const HELD_ON_MS = 1_500;
const DRAIN_MS = 4_000;
/** The agent looks at what drains once a second. */
const DRAIN_LATE_MS_MAX = 1_500;
const EDIT_MS_MAX = 2_000;

/** Removes the pod's endpoint and follows what becomes of it. */
export async function endpointRemoved(node: NodeUnderTest): Promise<void> {
  chapter("3. An endpoint goes, its open connection does not");
  say(
    `${POD} is taken out of web-rr under load while a connection to it is open. ` +
      `The Service allows ${seconds(DRAIN_MS)} for that by kube-ipvs.io/drain-timeout.`,
  );
  doing("an endpoint is removed under load");
  const to = node.socketOf("web-rr");
  const deadline = await setDrainTimeout(node);
  const openedMs = performance.now();
  const open = await hold({
    ...fromClients(to),
    connections: HELD_CONNECTIONS,
    intervalMs: HOLD_INTERVAL_MS,
    durationMs: HOLD_MS_MAX,
  });
  const background = backgroundLoad(to);
  await sleep(BEFORE_MS);
  const { atMs: removedMs, diff } = await removeEndpoint(node);
  const { tookMs } = await untilSeen(
    `weight 0 of ${DESTINATION}`,
    () => destination(to)?.weight === 0,
    { sinceMs: removedMs, msMax: EDIT_MS_MAX },
  );
  const fresh = await load({ ...fromClients(to), requests: NEW_REQUESTS, concurrency: 8 });
  await sleep(HELD_ON_MS);
  const stillOpen = destination(to)?.active ?? 0;
  const closedMs = performance.now();
  const held = await open.stop();
  const gone = await untilSeen(
    `${DESTINATION} gone`,
    () => kernelService(to) !== undefined && destination(to) === undefined,
    { sinceMs: removedMs, msMax: DRAIN_MS + DRAIN_LATE_MS_MAX },
  );
  quote(`${deadline.diff}\n${diff}`);
  check(
    tookMs < EDIT_MS_MAX,
    `weight 0 in the kernel ${ms(tookMs)} after ${node.samples.editBegins}`,
  );
  const others = Object.entries(fresh.pods).map(([pod, count]) => `${pod} ${count}`);
  check(
    fresh.failed === 0 && fresh.answered === NEW_REQUESTS && !(POD in fresh.pods),
    `of ${fresh.answered} new connections after that ${fresh.pods[POD] ?? 0} went to ${POD}: ` +
      others.toSorted().join(", "),
  );
  checkHeld(held, { stillOpen, beforeMs: removedMs - openedMs, afterMs: closedMs - removedMs });
  check(
    gone.tookMs > closedMs - removedMs,
    `${POD} left the kernel ${seconds(gone.tookMs)} after its removal, when the drain was over`,
  );
  await background.stop();
}

/** The connection to the removed pod was served after the removal, until its client closed it. */
function checkHeld(
  { connections }: HoldResult,
  seen: { readonly stillOpen: number; readonly beforeMs: number; readonly afterMs: number },
): void {
  const ours = connections.filter(({ pod }) => pod === POD);
  const exchanges = ours.reduce((sum, one) => sum + one.exchanges, 0);
  // A connection exchanges at most one line in an interval, so these were possible before.
  const before = ours.length * (Math.ceil(seen.beforeMs / HOLD_INTERVAL_MS) + 1);
  const isWhole = connections.every(({ broken, moved }) => broken === null && !moved);
  check(
    ours.length > 0 && isWhole && exchanges > before && seen.stillOpen >= ours.length,
    `its open connection exchanged lines for ${seconds(seen.afterMs)} more, until the client ` +
      `closed it: ${exchanges} lines, at most ${before} of them before the removal`,
  );
}

function setDrainTimeout({ samples }: NodeUnderTest): Promise<Edit> {
  const line = `    kube-ipvs.io/drain-timeout: ${DRAIN_MS / 1000}s\n`;
  return samples.edit({ kind: "Service", name: "web-rr" }, (text) =>
    text.replace("annotations:\n", `annotations:\n${line}`),
  );
}

function removeEndpoint({ samples }: NodeUnderTest): Promise<Edit> {
  const endpoint = new RegExp(`- addresses: \\["${ADDRESS}"\\]\\n(  .*\\n)*`);
  return samples.edit({ kind: "EndpointSlice", name: "web-rr-1" }, (text) =>
    text.replace(endpoint, ""),
  );
}

function destination(to: string): { readonly weight: number; readonly active: number } | undefined {
  return kernelService(to)?.destinations.get(DESTINATION);
}
