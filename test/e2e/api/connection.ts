/** The way to the API server: what breaks on it, and what the data plane does meanwhile: nothing. */
import assert from "node:assert/strict";
import { eventually, expectPods, withoutFailure } from "../harness/expect-traffic.ts";
import type { Harness } from "../harness/harness.ts";
import { at } from "../harness/places.ts";
import { web } from "../harness/pods.ts";
import type { ApiCase } from "./api-case.ts";

const V4 = "10.96.0.110";
const CLIENT = { namespace: "client", to: at(V4) };
const WEB = web({ name: "web", addresses: [V4], pods: ["p1", "p2"] });
const CHANGED = web({ name: "web", addresses: [V4], pods: ["p2", "p3"] });
/** Back-off and the server's start are in it. */
const FOUND_MS_MAX = 60_000;

/** What the log says of the API server, and has not said to be mended. */
function problemsSince({ agent }: Harness, mark: number): ReadonlySet<string> {
  const open = new Set<string>();
  for (const { msg } of agent.since(mark)) {
    if (!msg.includes("API server")) continue;
    if (msg.startsWith(MENDED)) open.delete(msg.slice(MENDED.length));
    else open.add(msg);
  }
  return open;
}

const MENDED = "mended: ";

/** The connection. */
export const connectionCases: readonly ApiCase[] = [
  {
    name: "while the API server is away all is served, and what changed after its return is followed",
    upstream: ["Services should work after restarting apiserver"],
    run: async (harness, cluster) => {
      await harness.apply(...WEB);
      await withoutFailure(CLIENT, async () => {
        const mark = harness.agent.mark();
        await cluster.server.pause();
        const { msg } = await harness.agent.line(
          "that the API server is away",
          ({ msg: text }) => /cannot be reached/.test(text),
          { mark, msMax: FOUND_MS_MAX },
        );
        assert.match(msg, /all stays as it is, and it is tried again/);
        await expectPods(CLIENT, ["p1", "p2"]);
        await cluster.server.resume();
        const isMended = (): boolean => problemsSince(harness, mark).size === 0;
        await eventually("the log says that all is mended", isMended, FOUND_MS_MAX);
      });
      await harness.apply(...CHANGED);
      await expectPods(CLIENT, ["p2", "p3"]);
    },
  },
  {
    name: "an agent that starts while the API server is away keeps what is served, and waits",
    upstream: [],
    run: async (harness, cluster) => {
      await harness.apply(...WEB);
      await harness.agent.end("SIGKILL");
      await cluster.server.pause();
      const mark = harness.agent.start();
      await harness.agent.line(
        "that the API server is away",
        ({ msg }) => /cannot be reached/.test(msg),
        { mark, msMax: FOUND_MS_MAX },
      );
      await expectPods(CLIENT, ["p1", "p2"]);
      await cluster.server.resume();
      await harness.agent.firstSync(mark, FOUND_MS_MAX);
      await harness.apply(...CHANGED);
      await expectPods(CLIENT, ["p2", "p3"]);
    },
  },
  {
    name: "a token that the server refuses is named in the log, all stays, and a good one is found by itself",
    upstream: [],
    run: async (harness, cluster) => {
      await harness.apply(...WEB);
      await harness.agent.end("SIGKILL");
      cluster.spoilToken();
      const mark = harness.agent.start();
      const { msg } = await harness.agent.line(
        "that the credentials are refused",
        ({ msg: text }) => /401/.test(text),
        { mark, msMax: FOUND_MS_MAX },
      );
      assert.match(msg, /token|credentials/);
      await expectPods(CLIENT, ["p1", "p2"]);
      await cluster.rotateToken();
      await harness.agent.firstSync(mark, FOUND_MS_MAX);
      await harness.apply(...CHANGED);
      await expectPods(CLIENT, ["p2", "p3"]);
    },
  },
];
