/** What the users of the cluster are told: Events on their Services. */
import assert from "node:assert/strict";
import type { ApiCluster } from "../../lab/api-cluster.ts";
import { NODE_ADDRESSES } from "../../lab/node-network.ts";
import { eventually } from "../harness/expect-traffic.ts";
import { NODE, web } from "../harness/pods.ts";
import type { ApiCase } from "./api-case.ts";

/** Nodes that find the same wrong wait for each other, up to 30 s. */
const TOLD_MS_MAX = 60_000;

interface ToldEvent {
  readonly reason: string;
  readonly note: string;
  readonly type: string;
  readonly reportingController: string;
  readonly reportingInstance: string;
}

async function eventsOn(cluster: ApiCluster, name: string): Promise<readonly ToldEvent[]> {
  const path = "/apis/events.k8s.io/v1/namespaces/e2e/events";
  const { body } = await cluster.server.api.ask("GET", path);
  const { items } = body as {
    items: readonly (ToldEvent & { readonly regarding: { readonly name: string } })[];
  };
  return items.filter(({ regarding }) => regarding.name === name);
}

async function told(cluster: ApiCluster, name: string, reason: string): Promise<ToldEvent> {
  let found: ToldEvent | undefined;
  const isTold = async (): Promise<boolean> => {
    found = (await eventsOn(cluster, name)).find((event) => event.reason === reason);
    return found !== undefined;
  };
  await eventually(`an Event ${reason} on ${name}`, isTold, TOLD_MS_MAX);
  if (!found) throw new Error(`no Event ${reason}`);
  return found;
}

/** Events. */
export const eventCases: readonly ApiCase[] = [
  {
    name: "a scheduler that does not exist is told by an Event on the Service, and so is its mending",
    upstream: [],
    run: async (harness, cluster) => {
      const words = { name: "misspelled", addresses: ["10.96.0.95"], pods: ["p1"] };
      const annotations = { "kube-ipvs.io/scheduler": "rrr" };
      await harness.apply(...web({ ...words, annotations }));
      const event = await told(cluster, "misspelled", "BadScheduler");
      assert.equal(event.type, "Warning");
      assert.match(event.note, /rrr/);
      assert.equal(event.reportingController, "kube-ipvs");
      assert.match(event.reportingInstance, new RegExp(NODE));
      await harness.apply(...web(words));
      assert.equal((await told(cluster, "misspelled", "BadSchedulerResolved")).type, "Normal");
    },
  },
  {
    name: "of two Services that want one address and port, the later one is told by an Event",
    upstream: [],
    run: async (harness, cluster) => {
      const spec = { externalIPs: ["198.51.100.95"] };
      await harness.apply(
        ...web({ name: "a-first", addresses: ["10.96.0.96"], pods: ["p1"], spec }),
      );
      await harness.apply(
        ...web({ name: "b-later", addresses: ["10.96.0.97"], pods: ["p2"], spec }),
      );
      const { note } = await told(cluster, "b-later", "Conflict");
      assert.match(note, /198\.51\.100\.95/);
      assert.match(note, /e2e\/a-first/);
      assert.deepEqual(await eventsOn(cluster, "a-first"), []);
    },
  },
  {
    name: "a Service that wants an address of the node is refused it, and told by an Event",
    upstream: [],
    run: async (harness, cluster) => {
      const spec = { externalIPs: ["192.168.77.20", NODE_ADDRESSES[0]] };
      await harness.apply(...web({ name: "thief", addresses: ["10.96.0.98"], pods: ["p1"], spec }));
      assert.match((await told(cluster, "thief", "AddressTaken")).note, /192\.168\.77\.20/);
    },
  },
];
