/** Events of watches, as an API server writes them. Pure. */
import type { V1EndpointSlice, V1Service } from "@kubernetes/client-node";
import { message } from "../../fakes/protobuf-writer.ts";
import type { WatchFormat } from "../watch-format.ts";
import { objectInProtobuf } from "./object-in-protobuf.ts";

/** Where each kind is watched. */
export const WATCHED = {
  Service: "/api/v1/services",
  EndpointSlice: "/apis/discovery.k8s.io/v1/endpointslices",
} as const;

export type WatchedKind = keyof typeof WATCHED;

/** Any: nobody watches again from here while a benchmark runs. */
const RESOURCE_VERSION = "1";
const LENGTH_BYTES = 4;

/** One event. */
export interface WatchEvent {
  readonly type: "ADDED" | "MODIFIED" | "DELETED";
  readonly object: V1Service | V1EndpointSlice;
}

/** The bytes of all events, by the path of those who watch; in their order. */
export function eventBytes(
  events: readonly WatchEvent[],
  form: WatchFormat,
): ReadonlyMap<string, Buffer> {
  const encode = form === "json" ? line : frame;
  const parts = new Map<string, Buffer[]>();
  for (const { type, object } of events) {
    const path = WATCHED[object.kind as WatchedKind];
    const metadata = { ...object.metadata, resourceVersion: RESOURCE_VERSION };
    const bytes = encode({ type, object: { ...object, metadata } });
    const known = parts.get(path);
    if (known) known.push(bytes);
    else parts.set(path, [bytes]);
  }
  return new Map([...parts].map(([path, of]) => [path, Buffer.concat(of)]));
}

function line(event: WatchEvent): Buffer {
  return Buffer.from(`${JSON.stringify(event)}\n`);
}

function frame({ type, object }: WatchEvent): Buffer {
  const bytes = message({ 1: type, 2: { 1: objectInProtobuf(object) } });
  const length = Buffer.alloc(LENGTH_BYTES);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}
