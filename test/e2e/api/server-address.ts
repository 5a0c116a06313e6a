/** The address at which the agent reaches the API server, which no object of the cluster tells. */
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { shell } from "../../lab/shell.ts";
import { expectPods } from "../harness/expect-traffic.ts";
import { at, POD } from "../harness/places.ts";
import { web } from "../harness/pods.ts";
import type { ApiCase } from "./api-case.ts";

const V4 = "10.96.0.115";
/** Stands before the API server, as a load balancer or a floating address of the control plane does. */
const VIRTUAL = "192.168.77.240";
const TABLE = "ip control-plane";
const KUBECONFIG = "/run/agent/virtual.yaml";
const BOUND = "ip -o addr show dev kube-ipvs0";
const WORDS = { name: "web", addresses: [V4], pods: ["p1"] };

/** What leads from the virtual address to the server, which listens on the loopback address alone. */
const LEAD = `nft -f - <<END
table ${TABLE} {
  chain output {
    type nat hook output priority -100
    ip daddr ${VIRTUAL} tcp dport 6443 dnat to 127.0.0.1
  }
}
END`;

/** The case. */
export const serverAddressCases: readonly ApiCase[] = [
  {
    name: "a Service never gets the address of the API server that only the kubeconfig tells, by no field",
    upstream: [],
    run: async (harness, cluster) => {
      const [, kubeconfig = ""] = cluster.agentArguments;
      const text = readFileSync(kubeconfig, "utf8")
        .replace(cluster.server.url, `https://${VIRTUAL}:6443`)
        // Its certificate does not know the address.
        .replace(/certificate-authority: .*/, "insecure-skip-tls-verify: true");
      writeFileSync(KUBECONFIG, text);
      await shell(LEAD);
      try {
        await harness.restartWith({ "--kubeconfig": KUBECONFIG });
        for (const field of [
          { spec: { externalIPs: [VIRTUAL] } },
          { spec: { type: "LoadBalancer" }, ingress: [{ ip: VIRTUAL }] },
        ]) {
          await harness.apply(...web({ ...WORDS, ...field }));
          const { findings } = await harness.status();
          const found = findings.find(({ message }) => message.startsWith(`${VIRTUAL} `));
          assert.match(found?.message ?? JSON.stringify(findings), /an address of the API server/);
          assert.doesNotMatch(await shell(BOUND), new RegExp(` ${VIRTUAL}/`));
        }
        // The agent hears of changes as ever.
        await harness.apply(...web({ ...WORDS, pods: ["p2"] }));
        await expectPods({ ...POD, to: at(V4) }, ["p2"]);
        await harness.restartWith({});
      } finally {
        await shell(`nft delete table ${TABLE}`);
      }
    },
  },
];
