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

type Form = "json" | "protobuf";

/** As the agent reads them, in the order of their names. */
type List = (client: ApiClient, resource: Resource, form: Form) => Promise<readonly unknown[]>;

const inPages: List = async (client, resource, form) => {
  const pool = new StringPool();
  const objects: ParsedObject[] = [];
  const asked: Pick<ApiClient, "get"> = {
    get: (what, path, request) =>
      client.get(what, path, { ...request, mayBeProtobuf: form === "protobuf" }),
  };
  const { signal } = new AbortController();
  const onItem = (item: object): void =>
    void objects.push(parseKind(resource.kind, item, pool, "server"));
  await listAll(asked, resource, { onItem, signal });
  return objects.toSorted(byName);
};

const byWatch: List = async (client, resource, form) => {
  const pool = new StringPool();
  const objects: ParsedObject[] = [];
  const asked: Pick<ApiClient, "stream"> = {
    stream: (what, path, request) =>
      client.stream(what, path, { ...request, mayBeProtobuf: form === "protobuf" }),
  };
  const end = new AbortController();
  const options = { client: asked, resource, signal: end.signal, resourceVersion: undefined };
  try {
    for await (const events of watch({ ...options, timeoutS: WATCH_S })) {
      for (const { object, isEndOfState } of events) {
        if (isEndOfState) return objects.toSorted(byName);
        objects.push(parseKind(resource.kind, object, pool, "server"));
      }
    }
  } finally {
    end.abort();
  }
  throw new Error(`the watch of ${resource.name} ends before its list does`);
};

/** Of a watch whose list is all that is wanted. */
const WATCH_S = 60;

function byName(a: ParsedObject, b: ParsedObject): number {
  return `${a.name}` < `${b.name}` ? -1 : 1;
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
          const found = await inPages(client, resource, "json");
          assert.ok(found.length > 0, `there are ${resource.name}`);
          for (const [what, list, form] of WAYS) {
            assert.deepEqual(await list(client, resource, form), found, `${resource.name} ${what}`);
          }
        }
      } finally {
        client.close();
        await harness.remove(...OBJECTS);
      }
    },
  },
];
