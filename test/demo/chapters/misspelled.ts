/** A scheduler that does not exist: nothing breaks, and everybody who looks is told. */
import { kubeIpvs, WARNING } from "../../lab/agent-process.ts";
import { kernelService } from "../kernel-table.ts";
import type { NodeUnderTest } from "../node-under-test.ts";
import { chapter, check, doing, quote, say } from "../story.ts";

const GOOD = "lc";
const MISSPELLED = "lcc";
const STAYS = new RegExp(`\\b${GOOD} (stays|is) in force`);
const SERVICE = "shop/web-lc";

/** Misspells the scheduler of web-lc and leaves it so. */
export async function misspelled(node: NodeUnderTest): Promise<void> {
  chapter("4. A misspelled scheduler");
  say(`The annotation of web-lc becomes ${MISSPELLED}. The log of kube-ipvs says:`);
  doing("waiting for the warning");
  const warning = await misspell(node);
  quote(`${warning.service}  ${warning.field}\n${warning.msg}`);
  check(
    warning.msg.includes(`did you mean ${GOOD}?`) && STAYS.test(warning.msg),
    "the warning names the value, the nearest right word, all allowed ones and what stays",
  );
  const scheduler = kernelService(node.socketOf("web-lc"))?.scheduler ?? "none";
  check(scheduler === GOOD, `the kernel still has the last good one: ${scheduler}`);
  doing("asking kube-ipvs status");
  const { output: status, errors } = await kubeIpvs("status", SERVICE);
  say("Later, kube-ipvs status shop/web-lc shows:");
  quote(status + errors);
  check(
    status.includes(MISSPELLED) && new RegExp(`${SERVICE} .* ${GOOD}\\b`).test(status),
    "status shows both, the scheduler in force and the value that is not",
  );
  if (node.samples.events) await showEvents(node.samples.events);
}

async function misspell({ agent, samples }: NodeUnderTest): Promise<{
  readonly msg: string;
  readonly service: string;
  readonly field: string;
}> {
  const mark = agent.mark();
  await samples.edit({ kind: "Service", name: "web-lc" }, (text) =>
    text.replace(`scheduler: ${GOOD}`, `scheduler: ${MISSPELLED}`),
  );
  const line = await agent.line("a warning", ({ level }) => level === WARNING, { mark });
  return { msg: line.msg, service: line.service ?? "", field: String(line["field"]) };
}

async function showEvents(events: (service: string) => Promise<string>): Promise<void> {
  doing("waiting for the Event");
  const text = await events("web-lc");
  say("So do kubectl describe and kubectl get events, for whoever wrote it:");
  quote(text);
  check(/Warning +BadScheduler +web-lc/.test(text), "an Event on the Service says it, too");
}
