/** The table that the lab holds the agent and kube-proxy against is the one that the agent's passes make. */
import { expect, test } from "vitest";
import { renderTable } from "../../../src/plan/render.ts";
import { expectedTable, USUAL } from "../../e2e/differential/expected-table.ts";
import { serviceStates } from "../../e2e/differential/node-state.ts";
import {
  changedCluster,
  randomCluster,
  type ServiceObjects,
} from "../../e2e/differential/random-cluster.ts";
import { objectId } from "../../e2e/harness/objects.ts";
import { NODE, nodes } from "../../e2e/harness/pods.ts";
import { NODE_ADDRESSES, NODE_ADDRESSES_V6 } from "../../lab/node-network.ts";
import { Random } from "../../simulation/random.ts";
import { Node } from "../conformance/node.ts";

const SEEDS = 15;
const SERVICES = 12;
/** Until a removed endpoint without connections is gone. */
const LOOK_MS = 1_000;

test("for random clusters and changes of them the agent makes what the objects ask for", async () => {
  for (let seed = 1; seed <= SEEDS; seed += 1) {
    const random = new Random(seed);
    const first = randomCluster(random, SERVICES);
    const second = changedCluster(random, first);
    const node = new Node({
      addresses: {
        eth0: [NODE_ADDRESSES[0], NODE_ADDRESSES_V6[0]],
        eth1: [NODE_ADDRESSES[1], NODE_ADDRESSES_V6[1]],
      },
      name: NODE,
    });
    await node.sync(...nodes(), ...objectsOf(first));
    expectTable(node, first, seed);
    const kept = new Set(objectsOf(second).map(objectId));
    node.withdraw(...objectsOf(first).filter((object) => !kept.has(objectId(object))));
    await node.sync(...objectsOf(second));
    await node.wait(LOOK_MS);
    expectTable(node, second, seed);
  }
});

function objectsOf(cluster: readonly ServiceObjects[]) {
  return cluster.flatMap(({ objects }) => objects);
}

function expectTable({ kernel }: Node, cluster: readonly ServiceObjects[], seed: number): void {
  const made = serviceStates(renderTable(kernel.table.entries().values()));
  const wanted = expectedTable(cluster, USUAL);
  expect(sorted(made), `seed ${seed}`).toEqual(sorted(wanted));
}

function sorted(states: ReadonlyMap<string, unknown>): Record<string, unknown> {
  return Object.fromEntries([...states].toSorted(([a], [b]) => (a < b ? -1 : 1)));
}
