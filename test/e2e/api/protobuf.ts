/** Lists in every way and form against those in pages of JSON: to the parser, and so to everything behind it, they are one. */
import assert from "node:assert/strict";
import { systemClock } from "../../../src/base/clock.ts";
import { ApiClient } from "../../../src/kube/api/api-client.ts";
import { listAll } from "../../../src/kube/api/list.ts";
import { ENDPOINT_SLICES, NODES, type Resource, SERVICES } from "../../../src/kube/api/resource.ts";
import { watch } from "../../../src/kube/api/watch.ts";
import { parseKind } from "../../../src/kube/parse-object.ts";
import type { ParsedObject } from "../../../src/kube/parsed-object.ts";
import { StringPool } from "../../../src/kube/string-pool.ts";
import { service, slice } from "../harness/objects.ts";
import { NODE } from "../harness/pods.ts";
import type { ApiCase } from "./api-case.ts";

/** Every field that is read, with values that JSON leaves out, too. */
const OBJECTS = [
  service({
    ...{ name: "all", addresses: ["10.96.0.140", "fd00:96::140"] },
    ports: [
      { name: "http", port: 80, nodePort: 30_140 },
      { name: "dns", port: 53, protocol: "UDP", nodePort: 30_141 },
    ],
    annotations: { "kube-ipvs.io/scheduler": "lc", other: "is not read" },
    labels: { app: "all" },
    spec: {
      type: "LoadBalancer",
      externalIPs: ["203.0.113.140"],
      loadBalancerSourceRanges: ["192.0.2.0/24"],
      externalTrafficPolicy: "Local",
      internalTrafficPolicy: "Local",
      healthCheckNodePort: 30_142,
      sessionAffinity: "ClientIP",
      sessionAffinityConfig: { clientIP: { timeoutSeconds: 77 } },
    },
    ingress: [{ ip: "203.0.113.141", ipMode: "Proxy" }, { ip: "203.0.113.142" }],
  }),
  service({ name: "no-ports-of-nodes", addresses: ["10.96.0.141"] }),
  service({ name: "headless", spec: { clusterIP: "None" } }),
  slice({
    service: "all",
    ports: [
      { name: "http", port: 8080 },
      { name: "dns", port: 5353, protocol: "UDP" },
    ],
    endpoints: [
      { address: "10.1.0.77", node: NODE, zones: ["zone-a", "zone-b"], forNodes: [NODE] },
      { address: "10.1.0.78", node: NODE, ready: false, serving: true, terminating: true },
    ],
  }),
  slice({ service: "no-ports-of-nodes", family: "IPv6", endpoints: [] }),
];

/** Who asks in one form, whatever he is told. */
type Client = Pick<ApiClient, "get" | "stream">;

type Form = "json" | "protobuf";

function askingIn(form: Form, client: Client): Client {
  const mayBeProtobuf = form === "protobuf";
  return {
    get: (what, path, asked) => client.get(what, path, { ...asked, mayBeProtobuf }),
    stream: (what, path, asked) => client.stream(what, path, { ...asked, mayBeProtobuf }),
  };
}

/** As the agent reads them. */
type List = (client: Client, resource: Resource) => Promise<readonly object[]>;

const inPages: List = async (client, resource) => {
  const objects: object[] = [];
  const { signal } = new AbortController();
  await listAll(client, resource, { onItem: (item) => void objects.push(item), signal });
  return objects;
};

const byWatch: List = async (client, resource) => {
  const objects: object[] = [];
  const { signal } = new AbortController();
  const options = { client, resource, signal, resourceVersion: undefined, timeoutS: WATCH_S };
  for await (const events of watch(options)) {
    for (const { object, isEndOfState } of events) {
      if (isEndOfState) return objects;
      objects.push(object);
    }
  }
  throw new Error(`the watch of ${resource.name} ends before its list does`);
};

/** Of a watch whose list is all that is wanted. */
const WATCH_S = 60;

/** In our words, in the order of their names. */
function parsed({ kind }: Resource, objects: readonly object[]): readonly ParsedObject[] {
  const pool = new StringPool();
  return objects
    .map((object) => parseKind(kind, object, pool, "server"))
    .toSorted((a, b) => (`${a.name}` < `${b.name}` ? -1 : 1));
}

const WAYS: readonly (readonly [string, List, Form])[] = [
  ["in pages, in protobuf", inPages, "protobuf"],
  ["by watch, in JSON", byWatch, "json"],
  ["by watch, in protobuf", byWatch, "protobuf"],
];

/** Lists. */
export const protobufCases: readonly ApiCase[] = [
  {
    name: "every list says the same in pages and at the head of a watch, in JSON and in protobuf",
    upstream: [],
    run: async (harness, { server }) => {
      await harness.apply(...OBJECTS);
      const client = new ApiClient(
        { kubeconfig: server.kubeconfig("admin"), master: "" },
        systemClock,
      );
      try {
        for (const resource of [SERVICES, ENDPOINT_SLICES, NODES]) {
          const found = parsed(resource, await inPages(askingIn("json", client), resource));
          assert.ok(found.length > 0, `there are ${resource.name}`);
          for (const [what, list, form] of WAYS) {
            const objects = await list(askingIn(form, client), resource);
            assert.deepEqual(parsed(resource, objects), found, `${resource.name} ${what}`);
          }
        }
      } finally {
        client.close();
        await harness.remove(...OBJECTS);
      }
    },
  },
];
