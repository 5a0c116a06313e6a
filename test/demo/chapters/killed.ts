/** The agent is killed without a word and started again while everything serves. */

import { setTimeout as sleep } from "node:timers/promises";
import { appliedIn } from "../../lab/agent-process.ts";
import { shell } from "../../lab/shell.ts";
import { kernelService } from "../kernel-table.ts";
import { backgroundLoad, type NodeUnderTest, SETTLE_MS, seconds } from "../node-under-test.ts";
import { chapter, check, doing, say } from "../story.ts";

/** How long the node serves without an agent. */
const ALONE_MS = 1_000;
const TABLE = "ipvsadm -Sn; ip -o addr show dev kube-ipvs0";

/** Counts who notices. */
export async function killed(node: NodeUnderTest): Promise<void> {
  chapter("5. kill -9, and start again");
  say(
    "The agent is killed under load, the node serves a second without it, and a new one starts. " +
      "It finds the table as it should be, and the misspelled annotation of chapter 4 with it.",
  );
  doing("kill -9 and restart under load");
  const { agent } = node;
  const before = await shell(TABLE);
  const load = backgroundLoad(node.socketOf("web-nq"));
  await sleep(SETTLE_MS);
  await agent.end("SIGKILL");
  await sleep(ALONE_MS);
  const startMs = performance.now();
  const mark = agent.start();
  const sync = await agent.firstSync(mark);
  const readyMs = performance.now() - startMs;
  await sleep(SETTLE_MS);
  const after = await shell(TABLE);
  const writes = appliedIn(agent.since(mark));
  check(
    sync.applied === 0 && writes === 0,
    `first sync ${seconds(readyMs)} after the start of the process; its log counts ${writes} changes written`,
  );
  const lines = before.trim().split("\n").length;
  check(
    after === before && lines > 1,
    `table and addresses are the same to the letter: ${lines} lines of ipvsadm -Sn, ip addr`,
  );
  const scheduler = kernelService(node.socketOf("web-lc"))?.scheduler ?? "none";
  check(
    scheduler === "lc",
    `web-lc, still misspelled, has kept the scheduler it had: ${scheduler}`,
  );
  await load.stop();
}
