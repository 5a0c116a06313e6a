/** Six Services on the same pods, each with another scheduler, and the same requests to each. */
import { SAMPLE_PODS } from "../../lab/sample-topology.ts";
import { type LoadResult, load } from "../../lab/traffic.ts";
import type { SpreadRow } from "../demo-event.ts";
import { kernelService } from "../kernel-table.ts";
import { fromClients, type NodeUnderTest, SLOW_POD } from "../node-under-test.ts";
import { chapter, check, doing, say, spread } from "../story.ts";

const SCHEDULERS = ["rr", "lc", "dh", "sh", "sed", "nq"] as const;
const REQUESTS = 400;
const CONNECTIONS = 12;
/** A scheduler that minds connections gives the slow pod at most this share of what rr gives it. */
const SLOW_SHARE_MAX = 0.5;

type Found = Readonly<Record<(typeof SCHEDULERS)[number], LoadResult>>;

/** Measures all six and says what is different. */
export async function sixSchedulers(node: NodeUnderTest): Promise<void> {
  chapter("1. The scheduler of a Service is an annotation: kube-ipvs.io/scheduler");
  say(
    `Six Services have the same four pods. Each gets ${REQUESTS} requests from 8 clients, ` +
      `${CONNECTIONS} at a time.`,
  );
  const rows: SpreadRow[] = [];
  const results: [string, LoadResult][] = [];
  for (const name of SCHEDULERS) {
    doing(`${REQUESTS} requests to web-${name}`);
    const to = node.socketOf(`web-${name}`);
    const found = await load({
      ...fromClients(to),
      requests: REQUESTS,
      concurrency: CONNECTIONS,
    });
    results.push([name, found]);
    const scheduler = kernelService(to)?.scheduler ?? "none";
    const { pods, latencyMs, tookMs } = found;
    rows.push({ scheduler, pods, medianMs: latencyMs?.median ?? 0, tookMs });
  }
  spread(
    SAMPLE_PODS.map(({ name }) => ({
      name,
      title: name === SLOW_POD ? `${name}, slow` : name,
    })),
    rows,
  );
  checkKernel(rows);
  checkSpreads(Object.fromEntries(results) as Found);
}

function checkKernel(rows: readonly SpreadRow[]): void {
  const inKernel = rows.map(({ scheduler }) => scheduler).join(" ");
  check(inKernel === SCHEDULERS.join(" "), `the kernel has, in the manifests' order: ${inKernel}`);
}

function checkSpreads(found: Found): void {
  const all = Object.values(found);
  const answered = all.reduce((sum, one) => sum + one.answered, 0);
  const failed = all.reduce((sum, one) => sum + one.failed, 0);
  const wanted = REQUESTS * SCHEDULERS.length;
  check(answered === wanted && failed === 0, `${answered} requests answered, ${failed} failed`);

  const even = SAMPLE_PODS.map(({ name }) => found.rr.pods[name] ?? 0);
  const isEven = Math.max(...even) - Math.min(...even) <= 1;
  check(isEven, `rr takes each pod in turn, the slow one too: ${even.join(" ")}`);
  const slowByTurn = found.rr.pods[SLOW_POD] ?? 0;
  for (const [name, why] of CONNECTION_MINDED) {
    const slow = found[name].pods[SLOW_POD] ?? 0;
    check(
      slow > 0 && slow <= slowByTurn * SLOW_SHARE_MAX,
      `${name} ${why}: ${slow} for the slow pod, where rr sent it ${slowByTurn}`,
    );
  }
  checkHashes(found);
}

const CONNECTION_MINDED = [
  ["lc", "takes the pod with the fewest connections"],
  ["sed", "takes the pod with the shortest queue"],
  ["nq", "takes an idle pod first"],
] as const;

function checkHashes({ dh, sh }: Found): void {
  const one = Object.keys(dh.pods);
  check(
    one.length === 1,
    `dh goes by the address asked for; one address, so one pod: ${one.join(" ")}`,
  );
  const byClient = Object.entries(sh.sources);
  const isSticky = byClient.every(([, pods]) => Object.keys(pods).length === 1);
  const used = Object.keys(sh.pods).length;
  const list = byClient.map(
    ([client, pods]) => `${client.split(".").at(-1)}→${Object.keys(pods).join("+")}`,
  );
  check(
    isSticky && used > 1 && byClient.length > 1,
    `sh keeps each client at its pod: ${list.join(" ")}`,
  );
}
