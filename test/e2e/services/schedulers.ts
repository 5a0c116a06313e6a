/** Schedulers by annotation, changed while the Service serves. */
import assert from "node:assert/strict";
import { SCHEDULER_NAMES } from "../../../src/model/scheduler.ts";
import { kubeIpvs } from "../../lab/agent-process.ts";
import { shell } from "../../lab/shell.ts";
import { hold } from "../../lab/traffic.ts";
import { ask, expectPods, withoutFailure } from "../harness/expect-traffic.ts";
import type { KubeObject } from "../harness/objects.ts";
import { clientAddresses, web } from "../harness/pods.ts";
import type { ServiceCase } from "../harness/service-case.ts";

const V4 = "10.96.0.30";
const V6 = "fd00:96::1e";
const ID = `tcp/${V4}:80`;
const CLIENT = { namespace: "client", from: clientAddresses("IPv4"), to: `${V4}:80` };
const PODS = ["p1", "p2", "r1"];
const HELD = 4;
/** It refuses, as it is meant to, when every pod has more connections than its weight. */
const OVERFLOW = "ovf";

function withAnnotations(annotations: Readonly<Record<string, string>>): KubeObject[] {
  return web({ name: "web", addresses: [V4, V6], annotations, pods: PODS });
}

function scheduledBy(scheduler: string): KubeObject[] {
  return withAnnotations({ "kube-ipvs.io/scheduler": scheduler });
}

/** Schedulers. */
export const schedulerCases: readonly ServiceCase[] = [
  {
    name: "schedulers are set in place under load: no request fails, no open connection moves",
    upstream: [],
    run: async (harness) => {
      await harness.apply(...scheduledBy("rr"));
      const open = await hold({ ...CLIENT, connections: HELD, intervalMs: 50, durationMs: 60_000 });
      await withoutFailure(CLIENT, async () => {
        for (const name of SCHEDULER_NAMES.filter((one) => one !== OVERFLOW)) {
          await harness.apply(...scheduledBy(name));
          assert.equal(harness.virtualService(ID)?.scheduler, name);
          assert.equal(harness.virtualService(`tcp/[${V6}]:80`)?.scheduler, name);
        }
      });
      const { connections } = await open.stop();
      for (const connection of connections) {
        assert.equal(connection.broken, null, JSON.stringify(connection));
        assert.equal(connection.moved, false, JSON.stringify(connection));
      }
      assert.equal(connections.length, HELD);
    },
  },
  {
    name: "every scheduler balances over both families once it is in the kernel",
    upstream: [],
    run: async (harness) => {
      for (const name of SCHEDULER_NAMES) {
        await harness.apply(...scheduledBy(name));
        for (const to of [`${V4}:80`, `[${V6}]:80`]) {
          const { failed, answered } = await ask({ namespace: "client", to, requests: 6 });
          assert.deepEqual({ name, answered, failed }, { name, answered: 6, failed: 0 });
        }
      }
    },
  },
  {
    name: "sh keeps each client at its pod, and rr does not",
    upstream: [],
    run: async (harness) => {
      const podsOfClients = async (): Promise<number[]> => {
        const { sources } = await ask({ ...CLIENT, requests: 96 });
        return Object.values(sources).map((pods) => Object.keys(pods).length);
      };
      await harness.apply(...scheduledBy("sh"));
      assert.deepEqual(new Set(await podsOfClients()), new Set([1]));
      await harness.apply(...scheduledBy("rr"));
      assert.deepEqual(new Set(await podsOfClients()), new Set([3]));
    },
  },
  {
    name: "a misspelled scheduler leaves the last good one in force, and status and the log say so",
    upstream: [],
    run: async (harness) => {
      await harness.apply(...scheduledBy("lc"));
      const mark = harness.agent.mark();
      await harness.apply(...scheduledBy("lcc"));
      assert.equal(harness.virtualService(ID)?.scheduler, "lc");
      const isWarning = (line: { msg: string }): boolean => line.msg.includes("did you mean lc?");
      await harness.agent.line("the misspelled scheduler", isWarning, { mark });
      const { output } = await kubeIpvs("status", "e2e/web");
      assert.match(output, /"lcc" is no scheduler \(did you mean lc\?\)/);
      await expectPods(CLIENT, PODS);
    },
  },
  {
    name: "each port has its own scheduler, and flags reach the kernel",
    upstream: [],
    run: async (harness) => {
      const ports = [
        { name: "http", port: 80 },
        { name: "https", port: 443 },
      ];
      const annotations = {
        "kube-ipvs.io/scheduler": "mh",
        "kube-ipvs.io/scheduler.https": "sed",
        "kube-ipvs.io/scheduler-flags": "mh-port,mh-fallback",
      };
      await harness.apply(...web({ name: "web", addresses: [V4], ports, annotations, pods: PODS }));
      const table = await shell("ipvsadm -Sn");
      assert.match(table, new RegExp(`^-A -t ${V4}:80 -s mh -b mh-fallback,mh-port$`, "m"));
      assert.match(table, new RegExp(`^-A -t ${V4}:443 -s sed`, "m"));
    },
  },
  {
    name: "the annotation of kube-router is honoured where ours is absent",
    upstream: [],
    run: async (harness) => {
      const theirs = { "kube-router.io/service.scheduler": "sh" };
      await harness.apply(...withAnnotations(theirs));
      assert.equal(harness.virtualService(ID)?.scheduler, "sh");
      await harness.apply(...withAnnotations({ ...theirs, "kube-ipvs.io/scheduler": "nq" }));
      assert.equal(harness.virtualService(ID)?.scheduler, "nq");
      await harness.apply(...withAnnotations({}));
      assert.equal(harness.virtualService(ID)?.scheduler, "rr");
    },
  },
];
