/** How a Service without endpoints says no, to clients that hear a refusal only by ICMP and with the kernel's limits. */
import assert from "node:assert/strict";
import { shell } from "../../lab/shell.ts";
import { ask, expectNoAnswer, expectPods } from "../harness/expect-traffic.ts";
import type { KubeObject } from "../harness/objects.ts";
import { at, POD } from "../harness/places.ts";
import { web } from "../harness/pods.ts";
import type { ServiceCase } from "../harness/service-case.ts";

const V4 = "10.96.0.185";
const V6 = "fd00:96::b9";
const FAMILIES = [at(V4), at(V6)];
const PROTOCOLS = ["TCP", "UDP", "SCTP"] as const;
const ICMP_LIMITS = ["/proc/sys/net/ipv4/icmp_ratelimit", "/proc/sys/net/ipv6/icmp/ratelimit"];
/** As the kernel has it. */
const USUAL_LIMIT_MS = 1_000;
const REQUESTS = 20;

function objects(pods: readonly string[]): KubeObject[] {
  const ports = PROTOCOLS.map((protocol) => ({ name: protocol.toLowerCase(), port: 80, protocol }));
  return web({ name: "web", addresses: [V4, V6], ports, pods });
}

/** ICMP messages "destination unreachable" that the client's namespace has got, of both families. */
async function unreachables(): Promise<number> {
  const read = `ip netns exec ${POD.namespace} cat /proc/net/snmp /proc/net/snmp6\n`;
  const text = await shell(read);
  const [names = "", counts = ""] = text.split("\n").filter((line) => line.startsWith("Icmp:"));
  const at_ = names.split(" ").indexOf("InDestUnreachs");
  const [, six = "0"] = /^Icmp6InDestUnreachs\s+(\d+)/m.exec(text) ?? [];
  return Number(counts.split(" ")[at_]) + Number(six);
}

/** Refusals. */
export const refusalCases: readonly ServiceCase[] = [
  {
    name: "an SCTP client of a Service without endpoints is told by ICMP, and is served once there is one",
    upstream: [],
    run: async (harness) => {
      await harness.apply(...objects([]));
      for (const to of FAMILIES) {
        const before = await unreachables();
        await expectNoAnswer({ ...POD, protocol: "sctp", to });
        const told = (await unreachables()) - before;
        assert.ok(told >= 2, `${to}: ${told} messages`);
      }
      await harness.apply(...objects(["p1"]));
      for (const to of FAMILIES) await expectPods({ ...POD, protocol: "sctp", to }, ["p1"]);
    },
  },
  {
    name: "with the kernel's own limit of ICMP a Service without endpoints resets every TCP client, and tells UDP clients now and then",
    upstream: [],
    run: async (harness) => {
      await harness.apply(...objects([]));
      await shell(ICMP_LIMITS.map((path) => `echo ${USUAL_LIMIT_MS} >${path}`).join("\n"));
      try {
        for (const to of FAMILIES) {
          const many = { ...POD, to, requests: REQUESTS, timeoutMs: 250 };
          const tcp = await ask(many);
          assert.equal(tcp.failures.refused, REQUESTS, JSON.stringify(tcp));
          const { answered, failures } = await ask({ ...many, protocol: "udp" });
          const text = JSON.stringify(failures);
          assert.equal(answered, 0, text);
          assert.ok(failures.refused > 0 && failures.timeout > 0, text);
          assert.equal(failures.refused + failures.timeout, REQUESTS, text);
        }
      } finally {
        await shell(ICMP_LIMITS.map((path) => `echo 0 >${path}`).join("\n"));
      }
    },
  },
];
