/** What all cases of the take-over from kube-proxy need: a Service, kube-proxy's leftovers, and the log's lines on them. */
import assert from "node:assert/strict";
import type { LogLine } from "../../lab/agent-process.ts";
import { shell } from "../../lab/shell.ts";
import type { Harness } from "./harness.ts";
import { type Iptables, kubeProxyLeftovers } from "./kube-proxy-leftovers.ts";
import { web } from "./pods.ts";

/** The Service's addresses. */
export const V4 = "10.96.0.210";
export const V6 = "fd00:96::d2";
/** The Service's pods. */
export const PODS = ["p1", "p2", "r1"];
export const WEB = web({ name: "web", addresses: [V4, V6], pods: PODS });
/** Of both kinds of iptables. */
export const FAMILIES = ["ipv4", "ipv6"] as const;
export const TABLES = ["nat", "filter", "mangle"];

/** As little as there was before a case. */
export const CLEAN = `${TABLES.flatMap((table) =>
  ["ip", "ip6"].map((family) => `nft delete table ${family} ${table} 2>/dev/null || true\n`),
).join("")}
for try in 1 2 3 4 5 6 7 8 9 10; do ipset destroy 2>/dev/null && break; sleep 0.2; done
test -z "$(ipset list -n)"
`;

/** kube-proxy's leftovers by this kind of iptables, in both families. */
export function leftovers(kind: Iptables["kind"]): string {
  return FAMILIES.map((family) =>
    kubeProxyLeftovers({ family, kind, address: family === "ipv4" ? V4 : V6 }),
  ).join("");
}

/** A field of a log line that lists names. */
export function list(line: LogLine | undefined, field: string): readonly string[] {
  const value = line?.[field];
  assert.ok(Array.isArray(value), `no ${field} in ${JSON.stringify(line)}`);
  return value;
}

/** Ends the agent and takes away what kube-proxy would not have left. */
export async function endWithoutTrace(harness: Harness): Promise<void> {
  await harness.agent.end("SIGKILL");
  await shell("nft delete table ip kube-ipvs; nft delete table ip6 kube-ipvs\n");
}

/** True of what the log says of kube-proxy. */
export const isOfTakeOver = ({ msg }: LogLine): boolean => msg.includes("kube-proxy");

/** Starts the agent, and returns what its log says of kube-proxy by the time it has ended. */
export async function linesOfTakeOver(harness: Harness): Promise<LogLine[]> {
  const mark = harness.agent.start();
  await harness.agent.firstSync(mark);
  assert.equal(await harness.agent.end("SIGTERM"), 0);
  return harness.agent.since(mark).filter(isOfTakeOver);
}
