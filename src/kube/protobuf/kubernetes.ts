/**
 * The messages of Kubernetes that are read, with the fields that are used: numbers as in `generated.proto`
 * of k8s.io/api (core/v1, discovery/v1) and k8s.io/apimachinery (meta/v1, runtime).
 */
import {
  element,
  type Form,
  flag,
  integer,
  long,
  MessageTable,
  many,
  type ObjectReader,
  one,
  place,
  text,
  texts,
} from "./message.ts";

const MS_PER_S = 1_000;

const timeMessage = new MessageTable({ 1: one("seconds", long), 2: one("nanos", integer) });

/** `meta/v1.Time` as JSON has it; the zero time is absent. */
const time: Form = {
  wireType: timeMessage.wireType,
  read(reader: ObjectReader) {
    const { seconds } = timeMessage.read(reader);
    if (typeof seconds !== "number" || !(seconds > 0)) return undefined;
    return new Date(seconds * MS_PER_S).toISOString().replace(".000Z", "Z");
  },
};

const identity = {
  1: one("name", text),
  3: one("namespace", text),
  6: one("resourceVersion", text),
};

const objectMeta = new MessageTable({
  ...identity,
  8: one("creationTimestamp", time),
  9: one("deletionTimestamp", time),
  11: texts("labels"),
  12: texts("annotations"),
});

const listMeta = new MessageTable({ 2: one("resourceVersion", text), 3: one("continue", text) });

const servicePort = new MessageTable({
  1: one("name", text),
  2: one("protocol", text),
  3: one("port", integer),
  5: one("nodePort", integer),
});

const clientIp = new MessageTable({ 1: one("timeoutSeconds", integer) });

const serviceSpec = new MessageTable({
  1: many("ports", servicePort),
  3: one("clusterIP", text),
  4: one("type", text),
  5: many("externalIPs", element),
  7: one("sessionAffinity", text),
  9: many("loadBalancerSourceRanges", element),
  11: one("externalTrafficPolicy", text),
  12: one("healthCheckNodePort", integer),
  14: one("sessionAffinityConfig", new MessageTable({ 1: one("clientIP", clientIp) })),
  18: many("clusterIPs", element),
  19: many("ipFamilies", element),
  22: one("internalTrafficPolicy", text),
});

const ingress = new MessageTable({ 1: one("ip", text), 3: one("ipMode", text) });

const serviceStatus = new MessageTable({
  1: one("loadBalancer", new MessageTable({ 1: many("ingress", ingress) })),
});

const service = new MessageTable({
  1: one("metadata", objectMeta),
  2: one("spec", serviceSpec),
  3: one("status", serviceStatus),
});

const hint = new MessageTable({ 1: one("name", text) });

const endpoint = new MessageTable({
  1: many("addresses", element),
  2: one(
    "conditions",
    new MessageTable({
      1: one("ready", flag),
      2: one("serving", flag),
      3: one("terminating", flag),
    }),
  ),
  6: one("nodeName", text),
  8: one("hints", new MessageTable({ 1: many("forZones", hint), 2: many("forNodes", hint) })),
});

const endpointPort = new MessageTable({
  1: one("name", text),
  2: one("protocol", text),
  3: one("port", integer),
});

const endpointSlice = new MessageTable({
  1: one("metadata", objectMeta),
  2: many("endpoints", endpoint),
  3: many("ports", endpointPort),
  4: one("addressType", text),
});

const node = new MessageTable({
  1: one("metadata", objectMeta),
  2: one(
    "spec",
    new MessageTable({
      1: one("podCIDR", text),
      5: many("taints", new MessageTable({ 1: one("key", text) })),
      7: many("podCIDRs", element),
    }),
  ),
  3: one(
    "status",
    new MessageTable({
      5: many("addresses", new MessageTable({ 1: one("type", text), 2: one("address", text) })),
    }),
  ),
});

const status = new MessageTable({
  2: one("status", text),
  3: one("message", text),
  4: one("reason", text),
  6: one("code", integer),
});

/** A list whose items are not read yet: of 500 objects, one at a time is in memory. */
const list = new MessageTable({ 1: one("metadata", listMeta), 2: many("items", place) });

/** `runtime.Unknown`, which every object that stands alone is wrapped in. */
export const unknown = new MessageTable({
  1: one("typeMeta", new MessageTable({ 1: one("apiVersion", text), 2: one("kind", text) })),
  2: one("raw", place),
});

/** `meta/v1.WatchEvent`: its object is wrapped in bytes of its own (`runtime.RawExtension`). */
export const watchEvent = new MessageTable({
  1: one("type", text),
  2: one("object", new MessageTable({ 1: one("raw", place) })),
});

/** The messages by their `kind`: those of a kind are the same in all versions that are asked for. */
export const MESSAGES: ReadonlyMap<string, MessageTable> = new Map([
  ["Service", service],
  ["EndpointSlice", endpointSlice],
  ["Node", node],
  ["Status", status],
]);

/** Of an object of any kind, which one it is. */
export const IDENTITY = new MessageTable({ 1: one("metadata", new MessageTable(identity)) });

/** Of a bookmark, which comes as an object of the kind that is watched, what it has. */
export const BOOKMARK = new MessageTable({
  1: one("metadata", new MessageTable({ ...identity, 12: texts("annotations") })),
});

/** What follows the kind of the items in the kind of a list. */
const LIST = "List";

/** The list of `kind` and the form of its items; undefined for what is no list that is read. */
export function listOf(kind: string): { list: MessageTable; item: MessageTable } | undefined {
  const item = kind.endsWith(LIST) ? MESSAGES.get(kind.slice(0, -LIST.length)) : undefined;
  return item && { list, item };
}
