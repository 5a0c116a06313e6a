/** What is read from the API server: the collections, and which of their objects. */
import { HIDING_LABELS } from "../api-words.ts";
import type { ObjectKind } from "../parsed-object.ts";

/** One collection. */
export interface Resource {
  readonly kind: ObjectKind;
  /** For people and logs, such as `services`. */
  readonly name: string;
  /** Path of the collection on the server. */
  readonly path: string;
  /** Selectors that the server applies. */
  readonly query: Readonly<Record<string, string>>;
}

/** As kube-proxy asks: objects with either of these labels are somebody else's. */
const OURS = [...HIDING_LABELS].map((label) => `!${label}`).join(",");

/** All Services. */
export const SERVICES: Resource = {
  kind: "service",
  name: "services",
  path: "/api/v1/services",
  query: { labelSelector: OURS },
};

/** All EndpointSlices. */
export const ENDPOINT_SLICES: Resource = {
  kind: "slice",
  name: "endpointslices",
  path: "/apis/discovery.k8s.io/v1/endpointslices",
  query: { labelSelector: OURS },
};

/** All nodes. */
export const NODES: Resource = { kind: "node", name: "nodes", path: "/api/v1/nodes", query: {} };

/** The Node of one name. */
export function oneNode(name: string): Resource {
  return { ...NODES, name: `node ${name}`, query: { fieldSelector: `metadata.name=${name}` } };
}
