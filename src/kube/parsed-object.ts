/** The result of reading one Kubernetes object: our words for it, or why there are none. */
import type { ClusterNode, EndpointSlice, Service } from "../model/cluster.ts";

/** An object of the cluster in our words, with its kind. */
export type ClusterObject =
  | { readonly kind: "service"; readonly value: Service }
  | { readonly kind: "slice"; readonly value: EndpointSlice }
  | { readonly kind: "node"; readonly value: ClusterNode };

/** The kinds of objects that are read. */
export type ObjectKind = ClusterObject["kind"];

/** Kubernetes' names of the kinds that are read. */
export const KIND_NAMES = {
  service: "Service",
  slice: "EndpointSlice",
  node: "Node",
} as const satisfies Record<ObjectKind, string>;

/** One step into an object: a key or an index. */
export type PathStep = string | number;

/** One thing wrong with one field. */
export interface FieldProblem {
  readonly path: readonly PathStep[];
  /** What was found and expected, and what holds instead when the object is accepted all the same. */
  readonly message: string;
}

/**
 * `accepted`: `object` is in our words; problems are remarks on parts that were left out.
 * `ignored`: well-formed, and by Kubernetes' own rules nothing for a proxy.
 * `refused`: something is wrong; an earlier version of it should stay in force.
 * `foreign`: an object of a kind that is not read.
 */
export type ParsedObject = {
  /** Undefined when even that could not be read: it may be of any kind. */
  readonly kind: ObjectKind | undefined;
  /** `namespace/name`, or a node's name. Undefined when unreadable: it may be any object. */
  readonly name: string | undefined;
  readonly problems: readonly FieldProblem[];
} & (
  | { readonly verdict: "accepted"; readonly object: ClusterObject }
  | { readonly verdict: "ignored" | "refused" | "foreign"; readonly object: undefined }
);

/** The key that tells objects of all kinds apart: `service/default/web`. */
export function objectKey(kind: ObjectKind, name: string): string {
  return `${kind}/${name}`;
}

/** `spec.ports[1].port`, `metadata.annotations[kube-ipvs.io/scheduler]`; "" for the object itself. */
export function fieldText(path: readonly PathStep[]): string {
  let text = "";
  for (const step of path) {
    if (typeof step === "string" && PLAIN_KEY.test(step)) text += text === "" ? step : `.${step}`;
    else text += `[${step}]`;
  }
  return text;
}

const PLAIN_KEY = /^[A-Za-z_]\w*$/;
