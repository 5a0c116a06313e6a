/** The agent is killed, ended and started again, and others change what it made. */
import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { appliedIn, kubeIpvs } from "../../lab/agent-process.ts";
import { shell } from "../../lab/shell.ts";
import {
  eventually,
  expectNoAnswer,
  expectPods,
  withoutFailure,
} from "../harness/expect-traffic.ts";
import { web } from "../harness/pods.ts";
import type { ServiceCase } from "../harness/service-case.ts";

const V4 = "10.96.0.50";
const V6 = "fd00:96::32";
const TO = `${V4}:80`;
const CLIENT = { namespace: "client", to: TO };
/** ipvsadm gives a destination that is not masqueraded the port of its virtual service: here they are equal. */
const SAME_PORT = 8080;
const WEB = web({
  name: "web",
  addresses: [V4, V6],
  ports: [
    { name: "http", port: 80 },
    { name: "same", port: SAME_PORT },
  ],
  pods: ["p1", "p2", "r1"],
});
const TABLE = "ipvsadm -Sn | sort; ip -o addr show dev kube-ipvs0 | sort";
/** The audit has a period of 2 s, and pauses of up to five minutes where its steps are slow. */
const REPAIR_MS_MAX = 320_000;
const FOREIGN = "-t 192.168.77.10:8443";

/** What others may do to the agent's objects, as shell commands. */
const DRIFT: readonly (readonly [what: string, command: string])[] = [
  ["a deleted destination", `ipvsadm -d -t ${TO} -r 10.1.0.1:8080`],
  ["a changed weight", `ipvsadm -e -t ${TO} -r 10.1.0.1:8080 -m -w 7`],
  ["a changed forwarding method", `ipvsadm -e -t ${V4}:${SAME_PORT} -r 10.1.0.1:8080 -i -w 1`],
  ["an added destination", `ipvsadm -a -t ${TO} -r 10.1.0.99:8080 -m -w 1`],
  ["a changed scheduler", `ipvsadm -E -t ${TO} -s sh`],
  ["persistence", `ipvsadm -E -t ${TO} -s rr -p 100`],
  ["a deleted virtual service", `ipvsadm -D -t ${TO}`],
  ["an emptied table", "ipvsadm -C"],
  ["an address taken away", `ip addr del ${V4}/32 dev kube-ipvs0`],
  ["the interface taken away", "ip link del kube-ipvs0"],
];

/** Restarts and drift. */
export const restartCases: readonly ServiceCase[] = [
  {
    name: "kill -9 and a new start under load: no request fails, and nothing is written",
    upstream: ["Services should work after restarting kube-proxy"],
    run: async (harness) => {
      await harness.apply(...WEB);
      const before = await shell(TABLE);
      await withoutFailure(CLIENT, async () => {
        await harness.agent.end("SIGKILL");
        await sleep(500);
        const mark = harness.agent.start();
        const { applied } = await harness.agent.firstSync(mark);
        await sleep(500);
        assert.equal(applied, 0);
        assert.equal(appliedIn(harness.agent.since(mark)), 0);
      });
      assert.equal(await shell(TABLE), before);
      await harness.apply(...web({ name: "new", addresses: ["10.96.0.51"], pods: ["p3"] }));
      await expectPods({ namespace: "client", to: "10.96.0.51:80" }, ["p3"]);
    },
  },
  {
    name: "an agent that ends in order leaves the data plane as it is, and its exit status is 0",
    upstream: [],
    run: async (harness) => {
      await harness.apply(...WEB);
      const before = await shell(TABLE);
      assert.equal(await harness.agent.end("SIGTERM"), 0);
      assert.equal(await shell(TABLE), before);
      await expectPods(CLIENT, ["p1", "p2", "r1"]);
    },
  },
  {
    name: "what changed while no agent ran is so after its start",
    upstream: [],
    run: async (harness) => {
      const other = web({ name: "other", addresses: ["10.96.0.52"], pods: ["p2"] });
      await harness.apply(...WEB, ...other);
      await harness.agent.end("SIGKILL");
      await harness.write(...web({ name: "web", addresses: [V4, V6], pods: ["p3"] }));
      await harness.agent.firstSync(harness.agent.start());
      await harness.synced();
      await expectPods(CLIENT, ["p3"]);
      await expectPods({ namespace: "client", to: "10.96.0.52:80" }, ["p2"]);
      await harness.remove(...other);
      await expectNoAnswer({ namespace: "client", to: "10.96.0.52:80" });
    },
  },
  ...DRIFT.map(
    ([what, command]): ServiceCase => ({
      name: `drift is repaired: ${what}`,
      upstream: what.startsWith("an emptied")
        ? ["Networking should recreate its iptables rules if they are deleted"]
        : [],
      run: async (harness) => {
        await harness.apply(...WEB);
        const before = await shell(TABLE_WITHOUT_INDEX);
        const mark = harness.agent.mark();
        await shell(command);
        await harness.agent.line("the drift", ({ drift }) => drift !== undefined, {
          mark,
          msMax: REPAIR_MS_MAX,
        });
        const isSame = async (): Promise<boolean> => (await shell(TABLE_WITHOUT_INDEX)) === before;
        await eventually("the table is as it was", isSame, REPAIR_MS_MAX);
        await expectPods(CLIENT, ["p1", "p2", "r1"]);
      },
    }),
  ),
  {
    name: "virtual services that others made are left alone, in drift, restart and removal",
    upstream: [],
    run: async (harness) => {
      await shell(
        `ipvsadm -A ${FOREIGN} -s wlc -p 60; ipvsadm -a ${FOREIGN} -r 10.1.0.4:8080 -m -w 5`,
      );
      try {
        const lines = (text: string): string[] =>
          text.split("\n").filter((line) => line.includes(FOREIGN));
        const before = lines(await shell("ipvsadm -Sn"));
        assert.equal(before.length, 2);
        await harness.apply(...WEB);
        await harness.agent.end("SIGKILL");
        const { found } = await harness.agent.firstSync(harness.agent.start());
        assert.equal((found as { foreign: number }).foreign, 1);
        await harness.remove(...WEB);
        await sleep(2_500);
        assert.deepEqual(lines(await shell("ipvsadm -Sn")), before);
        const { output } = await kubeIpvs("status");
        assert.match(output, /192\.168\.77\.10:8443.*made by others/);
      } finally {
        await shell(`ipvsadm -D ${FOREIGN}`);
      }
    },
  },
];

const TABLE_WITHOUT_INDEX =
  "ipvsadm -Sn | sort; ip -o addr show dev kube-ipvs0 2>/dev/null | sed 's/^[0-9]*: //' | sort || true";
