/** What the agent sets in connection tracking, and connections that it finds odd. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { shell } from "../../lab/shell.ts";
import { hold } from "../../lab/traffic.ts";
import { eventually } from "../harness/expect-traffic.ts";
import { at, POD } from "../harness/places.ts";
import { web } from "../harness/pods.ts";
import type { ServiceCase } from "../harness/service-case.ts";

const V4 = "10.96.0.210";
const CLOSE_WAIT_S = 3_600;
const CLOSE_WAIT_LATE_S = 60;
const ODD_MS = 600;

/** Connection tracking. */
export const connectionTrackingCases: readonly ServiceCase[] = [
  {
    name: "a connection that only its server has closed is remembered for an hour",
    upstream: ["KubeProxy should set TCP CLOSE_WAIT timeout"],
    run: async (harness) => {
      await harness.apply(...web({ name: "web", addresses: [V4], pods: ["p1"] }));
      const socket = connect({ host: V4, port: 80, allowHalfOpen: true });
      try {
        await once(socket, "connect");
        const ended = once(socket.resume(), "end");
        await harness.network.stopServer("p1");
        await ended;
        const find = `conntrack -L -p tcp --state CLOSE_WAIT --orig-dst ${V4} 2>/dev/null\n`;
        let found = "";
        await eventually("the connection is in CLOSE_WAIT", async () => {
          found = await shell(find);
          return found.includes("CLOSE_WAIT");
        });
        const timeoutS = Number(/^tcp +6 +(\d+) /.exec(found)?.[1]);
        assert.ok(timeoutS <= CLOSE_WAIT_S, found);
        assert.ok(timeoutS >= CLOSE_WAIT_S - CLOSE_WAIT_LATE_S, found);
      } finally {
        socket.destroy();
      }
    },
  },
  {
    name: "a server's packets outside of the window do not make the client end its connection",
    upstream: [
      "Conntrack proxy implementation should not be vulnerable to the invalid conntrack state bug",
    ],
    run: async (harness) => {
      await harness.apply(...web({ name: "web", addresses: [V4], pods: ["p1"] }));
      const held = await hold({
        ...{ ...POD, to: at(V4), connections: 2, intervalMs: 20 },
        ...{ durationMs: 60_000, timeoutMs: 10_000 },
      });
      // For a while all that the server sends is far from where the client is.
      await shell(`ip netns exec p1 nft -f - <<'END'
table ip odd {
  chain output {
    type filter hook output priority 0
    tcp sport 8080 tcp sequence set 1 counter
  }
}
END
`);
      await sleep(ODD_MS);
      const counted = await shell("ip netns exec p1 nft list table ip odd\n");
      await shell("ip netns exec p1 nft delete table ip odd\n");
      assert.match(counted, /counter packets [1-9]/);
      await sleep(2 * ODD_MS);
      const { connections } = await held.stop();
      for (const connection of connections) {
        assert.equal(connection.broken, null, JSON.stringify(connection));
        assert.equal(connection.moved, false, JSON.stringify(connection));
      }
    },
  },
];
