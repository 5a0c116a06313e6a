/** Kubernetes objects as the API writes them, to be changed by tests. */
import { parseObject } from "../../../src/kube/parse-object.ts";
import type { ParsedObject } from "../../../src/kube/parsed-object.ts";
import { fieldText } from "../../../src/kube/parsed-object.ts";
import { StringPool } from "../../../src/kube/string-pool.ts";

type Json = Record<string, unknown>;

/** A Service with one port; `spec` and `metadata` are merged into it. */
export function serviceJson(spec: Json = {}, metadata: Json = {}, status: Json = {}): Json {
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: "web", namespace: "shop", ...metadata },
    spec: {
      type: "ClusterIP",
      clusterIP: "10.96.0.1",
      clusterIPs: ["10.96.0.1"],
      ipFamilies: ["IPv4"],
      ports: [{ name: "http", port: 80, protocol: "TCP" }],
      ...spec,
    },
    status,
  };
}

/** An IPv4 slice of Service `shop/web` with one endpoint; `parts` are merged into it. */
export function sliceJson(parts: Json = {}, metadata: Json = {}): Json {
  return {
    apiVersion: "discovery.k8s.io/v1",
    kind: "EndpointSlice",
    metadata: {
      name: "web-abc",
      namespace: "shop",
      labels: { "kubernetes.io/service-name": "web" },
      ...metadata,
    },
    addressType: "IPv4",
    ports: [{ name: "http", port: 8080, protocol: "TCP" }],
    endpoints: [{ addresses: ["10.0.0.1"] }],
    ...parts,
  };
}

/** Reads one object. */
export function parse(value: unknown): ParsedObject {
  return parseObject(value, new StringPool());
}

/** The model's object, with `undefined` for one that is not accepted. */
export function accepted(value: unknown): unknown {
  return parse(value).object?.value;
}

/** Problems as `field: message`. */
export function problemTexts(value: unknown): readonly string[] {
  return parse(value).problems.map(({ path, message }) => `${fieldText(path)}: ${message}`);
}
