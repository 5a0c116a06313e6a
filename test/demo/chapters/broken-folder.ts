/** The manifests are broken or gone: the kernel keeps what it had. */
import { setTimeout as sleep } from "node:timers/promises";
import { shell } from "../../lab/shell.ts";
import { type LogLine, WARNING } from "../agent-process.ts";
import { takeFolderAway, writeHalf } from "../manifests.ts";
import { appliedIn, backgroundLoad, type NodeUnderTest } from "../node-under-test.ts";
import { chapter, check, doing, quote, say } from "../story.ts";

/** Longer than any of the waits after which the agent believes what it sees. */
const BROKEN_MS = 2_500;
const TABLE = "ipvsadm -Sn; ip -o addr show dev kube-ipvs0";

/** Breaks the folder in two ways, and mends it each time. */
export async function brokenFolder(node: NodeUnderTest): Promise<void> {
  chapter("6. Half a file, and no folder at all");
  say(
    "schedulers.yaml is cut in the middle, then mended; then the whole folder goes and comes back.",
  );
  const load = backgroundLoad(node.socketOf("web-nq"));
  await breakAndMend(node, "half a file", writeHalf);
  await breakAndMend(node, "no folder", takeFolderAway);
  await load.stop();
}

async function breakAndMend(
  { agent }: NodeUnderTest,
  what: string,
  breakIt: () => () => void,
): Promise<void> {
  doing(what);
  const before = await shell(TABLE);
  const mark = agent.mark();
  const mend = breakIt();
  const isWarning = ({ level }: LogLine): boolean => level === WARNING;
  const warning = await agent.line(`a warning about ${what}`, isWarning, { mark });
  await sleep(BROKEN_MS);
  const during = await shell(TABLE);
  mend();
  await agent.line(`${what} mended`, ({ msg }) => msg.startsWith("mended"), { mark });
  const writes = appliedIn(agent.since(mark));
  quote(warning.msg);
  check(
    before === during && writes === 0,
    `${what}: ${writes} changes written, table and addresses are the same to the letter`,
  );
}
