/** Lists in protobuf against the same lists in JSON: to the parser, and so to everything behind it, they are one. */
import assert from "node:assert/strict";
import { systemClock } from "../../../src/base/clock.ts";
import { ApiClient } from "../../../src/kube/api/api-client.ts";
import { listAll } from "../../../src/kube/api/list.ts";
import { ENDPOINT_SLICES, NODES, type Resource, SERVICES } from "../../../src/kube/api/resource.ts";
import { parseKind } from "../../../src/kube/parse-object.ts";
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

async function listed(client: ApiClient, resource: Resource, form: "json" | "protobuf") {
  const pool = new StringPool();
  const objects: unknown[] = [];
  const asked: Pick<ApiClient, "get"> = {
    get: (what, path, request) =>
      client.get(what, path, { ...request, mayBeProtobuf: form === "protobuf" }),
  };
  const { signal } = new AbortController();
  const onItem = (item: object): void => void objects.push(parseKind(resource.kind, item, pool));
  await listAll(asked, resource, { onItem, signal });
  return objects;
}

/** Lists. */
export const protobufCases: readonly ApiCase[] = [
  {
    name: "every list says the same in protobuf as in JSON",
    upstream: [],
    run: async (harness, { server }) => {
      await harness.apply(...OBJECTS);
      const client = new ApiClient(
        { kubeconfig: server.kubeconfig("admin"), master: "" },
        systemClock,
      );
      try {
        for (const resource of [SERVICES, ENDPOINT_SLICES, NODES]) {
          const inJson = await listed(client, resource, "json");
          assert.ok(inJson.length > 0, `there are ${resource.name}`);
          assert.deepEqual(await listed(client, resource, "protobuf"), inJson, resource.name);
        }
      } finally {
        client.close();
        await harness.remove(...OBJECTS);
      }
    },
  },
];
