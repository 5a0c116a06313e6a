/** The agent starts again with settings that ask for other rules: tables are replaced whole, under traffic. */
import assert from "node:assert/strict";
import { OUTSIDE as OUTSIDE_ADDRESSES } from "../../lab/node-network.ts";
import { shell } from "../../lab/shell.ts";
import { startLoad } from "../../lab/traffic.ts";
import { expectPods, withoutFailure } from "../harness/expect-traffic.ts";
import type { Flags } from "../harness/harness.ts";
import type { KubeObject } from "../harness/objects.ts";
import { at, ITSELF, OUTSIDE, POD } from "../harness/places.ts";
import { web } from "../harness/pods.ts";
import type { ServiceCase } from "../harness/service-case.ts";

const V4 = "10.96.0.230";
const BALANCER = "198.51.100.130";
const NODE_PORT = 30_230;
const PODS = ["p1", "r1"];
const [LET_IN = "", SHUT_OUT = ""] = OUTSIDE_ADDRESSES;
/** So many that writing their elements takes a while. */
const OTHERS = 20;
const RATE = 50;
const CONNECTIONS = 32;
/** What is shut out hears nothing. */
const SILENCE_MS = 400;
const LOAD_MS_MAX = 200_000;

const SETTINGS: readonly Flags[] = [
  { "--masquerade-all": "true" },
  { "--detect-local-mode": "NodeCIDR", "--cluster-cidr": undefined },
];

function objects(howMany = OTHERS): KubeObject[] {
  const others = Array.from({ length: howMany }, (_, number) =>
    web({
      ...{ name: `other-${number}`, addresses: [`10.96.8.${number}`], pods: ["p2"] },
      spec: { externalIPs: [`203.0.114.${number}`] },
    }),
  );
  return [
    ...others.flat(),
    ...web({
      ...{ name: "web", addresses: [V4], pods: PODS, ingress: [{ ip: BALANCER }] },
      ports: [{ port: 80, nodePort: NODE_PORT }],
      spec: { type: "LoadBalancer", loadBalancerSourceRanges: [`${LET_IN}/32`] },
    }),
  ];
}

/** Has a client ask all the time that the source ranges shut out: none of its requests may be answered. */
async function withoutIntruder(body: () => Promise<void>): Promise<void> {
  const intruder = startLoad({
    ...{ ...OUTSIDE, from: [SHUT_OUT], to: at(BALANCER), timeoutMs: SILENCE_MS },
    ...{ ratePerS: RATE, concurrency: CONNECTIONS, durationMs: LOAD_MS_MAX },
  });
  try {
    await body();
  } finally {
    await intruder.stop();
  }
  const { answered, failed } = await intruder.result;
  assert.ok(failed > 0, "nobody asked");
  assert.equal(answered, 0, "a client got in that the source ranges shut out");
}

/** The numbers of our tables: those of tables made anew are other ones. */
function handles(): Promise<string> {
  return shell("nft -a list tables | grep kube-ipvs || true; nft -a -t list table ip kube-ipvs\n");
}

/** Other rules. */
export const otherRuleCases: readonly ServiceCase[] = [
  {
    name: "a start with other settings replaces all rules: no request fails, and nobody is let in meanwhile",
    upstream: [],
    run: async (harness) => {
      await harness.apply(...objects());
      for (const flags of SETTINGS) {
        const before = await handles();
        await withoutIntruder(async () => {
          await withoutFailure({ ...OUTSIDE, from: [LET_IN], to: at(BALANCER) }, () =>
            harness.restartWith(flags),
          );
        });
        assert.notEqual(await handles(), before);
        for (const from of [POD, ITSELF]) await expectPods({ ...from, to: at(V4) }, PODS);
      }
    },
  },
  {
    name: "a node port whose Service left while the agent was away goes also when the rules are other ones",
    upstream: [],
    run: async (harness) => {
      const port = NODE_PORT + 1;
      const gone = web({
        ...{ name: "gone", addresses: ["10.96.0.231"], pods: PODS },
        ...{ ports: [{ port: 80, nodePort: port }], spec: { type: "NodePort" } },
      });
      await harness.apply(...objects(0), ...gone);
      const isThere = async (): Promise<boolean> =>
        (await shell(`ipvsadm -Sn | grep ":${port} " || true\n`)) !== "";
      assert.ok(await isThere());
      await harness.agent.end("SIGKILL");
      await harness.withdraw(...gone);
      await harness.restartWith({ "--masquerade-all": "true" });
      assert.ok(!(await isThere()), await shell("ipvsadm -Sn\n"));
    },
  },
];
