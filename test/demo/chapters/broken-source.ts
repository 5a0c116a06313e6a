/** What the objects come from is broken or gone: the kernel keeps what it had. */
import { setTimeout as sleep } from "node:timers/promises";
import { appliedIn, type LogLine, WARNING } from "../../lab/agent-process.ts";
import { shell } from "../../lab/shell.ts";
import { backgroundLoad, type NodeUnderTest } from "../node-under-test.ts";
import type { Breakage } from "../samples.ts";
import { chapter, check, doing, quote, say } from "../story.ts";

/** Longer than any of the waits after which the agent believes what it sees. */
const BROKEN_MS = 2_500;
const TABLE = "ipvsadm -Sn; ip -o addr show dev kube-ipvs0";

/** Back-off and the start of a server are in it. */
const MENDED_MS_MAX = 120_000;

/** Breaks it in every way it can, and mends it each time. */
export async function brokenSource(node: NodeUnderTest): Promise<void> {
  const { breakTitle, breakStory, breakages } = node.samples;
  chapter(`6. ${breakTitle}`);
  say(breakStory);
  const load = backgroundLoad(node.socketOf("web-nq"));
  for (const breakage of breakages) await breakAndMend(node, breakage);
  await load.stop();
}

async function breakAndMend({ agent }: NodeUnderTest, { what, breakIt }: Breakage): Promise<void> {
  doing(what);
  const before = await shell(TABLE);
  const mark = agent.mark();
  const mend = await breakIt();
  const isWarning = ({ level }: LogLine): boolean => level === WARNING;
  const warning = await agent.line(`a warning about ${what}`, isWarning, { mark });
  await sleep(BROKEN_MS);
  const during = await shell(TABLE);
  await mend();
  await agent.line(`${what} mended`, ({ msg }) => msg.startsWith("mended"), {
    mark,
    msMax: MENDED_MS_MAX,
  });
  const writes = appliedIn(agent.since(mark));
  quote(warning.msg);
  check(
    before === during && writes === 0,
    `${what}: ${writes} changes written, table and addresses are the same to the letter`,
  );
}
