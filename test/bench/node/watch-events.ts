/** Events of watches, as an API server writes them. Pure. */
import type { V1EndpointSlice, V1Service } from "@kubernetes/client-node";

/** Where each kind is watched. */
export const WATCHED = {
  Service: "/api/v1/services",
  EndpointSlice: "/apis/discovery.k8s.io/v1/endpointslices",
} as const;

/** Any: nobody watches again from here while a benchmark runs. */
const RESOURCE_VERSION = "1";

/** One event. */
export interface WatchEvent {
  readonly type: "ADDED" | "MODIFIED" | "DELETED";
  readonly object: V1Service | V1EndpointSlice;
}

/** The text of all events, by the path of those who watch; in its order, a line each. */
export function eventTexts(events: readonly WatchEvent[]): ReadonlyMap<string, string> {
  const lines = new Map<string, string[]>();
  for (const { type, object } of events) {
    const path = WATCHED[object.kind as keyof typeof WATCHED];
    const metadata = { ...object.metadata, resourceVersion: RESOURCE_VERSION };
    const line = `${JSON.stringify({ type, object: { ...object, metadata } })}\n`;
    const known = lines.get(path);
    if (known) known.push(line);
    else lines.set(path, [line]);
  }
  return new Map([...lines].map(([path, of]) => [path, of.join("")]));
}
