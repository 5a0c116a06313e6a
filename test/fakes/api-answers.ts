/** What an API server says, for the fake one: kinds, selectors, statuses and events. Keeps nothing. */
import type { ServerResponse } from "node:http";

/** A Kubernetes object as JSON. */
export interface ApiObject {
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly resourceVersion?: string;
  };
  readonly [field: string]: unknown;
}

/** The last step of the path, by kind. */
export const RESOURCES: Readonly<Record<string, string>> = {
  Service: "services",
  EndpointSlice: "endpointslices",
  Node: "nodes",
};

/** The kind of a list, by the last step of the path. */
export const LIST_KINDS: Readonly<Record<string, string>> = {
  services: "ServiceList",
  endpointslices: "EndpointSliceList",
  nodes: "NodeList",
};

/** Says whether a request is about an object. */
export type Selector = (object: ApiObject | undefined) => object is ApiObject;

/** Answers with a metav1.Status. */
export function answerStatus(response: ServerResponse, code: number, message: string): void {
  answerJson(response, code, status(code, message));
}

/** Answers with JSON. */
export function answerJson(response: ServerResponse, code: number, body: unknown): void {
  response.writeHead(code, { "content-type": "application/json" });
  response.end(JSON.stringify(body));
}

/** A metav1.Status that is a failure. */
export function status(code: number, message: string): object {
  return { kind: "Status", apiVersion: "v1", status: "Failure", message, code };
}

/** One event of a watch. */
export function send(response: ServerResponse, type: string, object: object): void {
  response.write(`${JSON.stringify({ type, object })}\n`);
}

/** A bookmark of the kind that is watched. With `isEndOfState` it says that all has been told. */
export function sendBookmark(
  response: ServerResponse,
  { resource, version, isEndOfState = false }: Bookmark,
): void {
  const annotations = { "k8s.io/initial-events-end": "true" };
  const metadata = { resourceVersion: String(version), ...(isEndOfState && { annotations }) };
  send(response, "BOOKMARK", { kind: LIST_KINDS[resource]?.replace("List", ""), metadata });
}

interface Bookmark {
  readonly resource: string;
  readonly version: number;
  readonly isEndOfState?: boolean;
}

/** The selectors that our requests have; no others. */
export function selector(url: URL): Selector {
  const field = url.searchParams.get("fieldSelector")?.replace("metadata.name=", "");
  const hiding = (url.searchParams.get("labelSelector") ?? "").split(",").filter(Boolean);
  return (object): object is ApiObject => {
    if (object === undefined) return false;
    const labels = Object.keys(object.metadata.labels ?? {});
    if (labels.some((label) => hiding.includes(`!${label}`))) return false;
    return field === undefined || field === object.metadata.name;
  };
}

/** `namespace/name`, or the name alone. */
export function nameOf({ metadata }: ApiObject): string {
  return metadata.namespace === undefined
    ? metadata.name
    : `${metadata.namespace}/${metadata.name}`;
}
