/** How often each node asks for all others: what all nodes together ask for must not grow with their square. */
import { expect, type TestContext, test } from "vitest";
import type { ApiRequest } from "../../../../src/kube/api/api-client.ts";
import { ApiError } from "../../../../src/kube/api/api-error.ts";
import { Collection } from "../../../../src/kube/api/collection.ts";
import { READ_AT_A_TIME } from "../../../../src/kube/api/list.ts";
import { PEERS_MS, PEERS_MS_MAX, Peers } from "../../../../src/kube/api/peers.ts";
import { NODES } from "../../../../src/kube/api/resource.ts";
import { StandingProblems } from "../../../../src/kube/standing-problems.ts";
import { StringPool } from "../../../../src/kube/string-pool.ts";
import { ManualClock } from "../../../fakes/manual-clock.ts";

const SURROUNDINGS = {
  pool: new StringPool(),
  standing: new StandingProblems({ onProblem: () => {}, onSolved: () => {} }),
};

/** Peers of a cluster of so many nodes, and when it was asked for them. */
function open(context: TestContext, nodes: number) {
  const clock = new ManualClock();
  const asked: { readonly atMs: number; readonly query: ApiRequest["query"] }[] = [];
  const items = Array.from({ length: nodes }, (_, at) => ({ metadata: { name: `node-${at}` } }));
  const state = { isDown: false };
  const peers = new Peers({
    client: {
      get: (_, __, { query }) => {
        asked.push({ atMs: clock.nowMs(), query });
        if (state.isDown) return Promise.reject(new ApiError("BUSY", "too busy"));
        return Promise.resolve({ kind: "NodeList", metadata: { resourceVersion: "1" }, items });
      },
    },
    collection: new Collection(NODES, SURROUNDINGS),
    clock,
    nodeName: "node-0",
    onChanges: () => {},
    onState: () => {},
  });
  const end = new AbortController();
  const running = peers.run(end.signal);
  context.onTestFinished(async () => {
    end.abort();
    await running;
  });
  return { clock, asked, peers, state };
}

/** Time from the first list to the second. */
async function periodOf(context: TestContext, nodes: number): Promise<number> {
  const { clock, asked, peers } = open(context, nodes);
  peers.want(true);
  // A list is read some objects at a time.
  for (let read = 0; read <= nodes; read += READ_AT_A_TIME) await clock.settle();
  for (let times = 0; times < 1_000 && asked.length < 2; times++) await clock.advance(60_000);
  return (asked[1]?.atMs ?? Number.NaN) - (asked[0]?.atMs ?? Number.NaN);
}

test.for([
  { nodes: 3, periodMs: PEERS_MS },
  { nodes: 500, periodMs: PEERS_MS },
  { nodes: 5_000, periodMs: 10 * PEERS_MS },
  { nodes: 50_000, periodMs: PEERS_MS_MAX },
])("$nodes nodes are listed every $periodMs ms, and up to a tenth later", async (one, context) => {
  const found = await periodOf(context, one.nodes);
  expect(found).toBeGreaterThanOrEqual(one.periodMs);
  expect(found).toBeLessThanOrEqual(1.1 * one.periodMs + 60_000);
});

test("the list may come from the server's memory", async (context) => {
  const { clock, asked, peers } = open(context, 3);
  peers.want(true);
  await clock.settle();
  expect(asked.map(({ query }) => query?.["resourceVersion"])).toEqual(["0"]);
});

test("a new external address has them listed again soon, but not again and again", async (context) => {
  const { clock, asked, peers } = open(context, 3);
  peers.want(true);
  await clock.settle();
  await clock.advance(120_000);
  for (let times = 0; times < 50; times++) {
    peers.listSoon();
    await clock.advance(1_000);
  }
  expect(asked).toHaveLength(2);
  expect(asked[1]?.atMs).toBeLessThan(120_000 + 7_000);
  await clock.advance(70_000);
  expect(asked).toHaveLength(3);
  await clock.advance(400_000);
  expect(asked).toHaveLength(3);
});

test("a server that fails is not asked more often because of new addresses", async (context) => {
  const { clock, asked, peers, state } = open(context, 3);
  state.isDown = true;
  peers.want(true);
  await clock.settle();
  for (let times = 0; times < 30; times++) {
    peers.listSoon();
    await clock.advance(100);
  }
  expect(asked.length).toBeLessThanOrEqual(3);
});
