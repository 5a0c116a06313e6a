/** discovery.k8s.io/v1 EndpointSlice as the API writes it -> the model's EndpointSlice. */
import type {
  DiscoveryV1EndpointPort,
  V1Endpoint,
  V1EndpointHints,
  V1EndpointSlice,
} from "@kubernetes/client-node";
import { type Address, type Family, familyOf, parseAddress } from "../model/address.ts";
import {
  type Endpoint,
  type EndpointSlice,
  type ObjectName,
  objectName,
  type SlicePort,
} from "../model/cluster.ts";
import { HIDING_LABELS, PORT_MAX, PROTOCOL_NAMES, PROTOCOLS } from "./api-words.ts";
import { EMPTY_LIST, EMPTY_RECORD, type Fields, found } from "./fields.ts";
import { readLabels, readMetadata, readNamespace, readTriggerMs } from "./parse-metadata.ts";

const SERVICE_LABEL = "kubernetes.io/service-name";
const ADDRESS_TYPES = ["IPv4", "IPv6", "FQDN"] as const;

const SLICE_LABELS: ReadonlySet<string> = new Set([...HIDING_LABELS, SERVICE_LABEL]);

/** What a slice turned out to be; `slice` is to be used unless the reading says `refused`. */
export interface ReadSlice {
  readonly name: string;
  /** Undefined when a proxy has to ignore it: names as addresses, or no Service that it belongs to. */
  readonly slice: EndpointSlice | undefined;
}

/**
 * The Service that a slice belongs to, which may be wrong elsewhere: "" for none, undefined when not even that
 * can be read.
 */
export function ownerOfSlice(object: Fields<V1EndpointSlice>): ObjectName | undefined {
  const metadata = readMetadata(object);
  const namespace = metadata && readNamespace(metadata.fields);
  if (metadata === undefined || namespace === undefined) return undefined;
  const service = readLabels(metadata.fields, SLICE_LABELS)[SERVICE_LABEL] ?? "";
  if (service !== "") return objectName(namespace, service);
  return object.reading.refused ? undefined : "";
}

/** The slice, or undefined when it has no usable name. */
export function parseEndpointSlice(object: Fields<V1EndpointSlice>): ReadSlice | undefined {
  const metadata = readMetadata(object);
  if (metadata === undefined) return undefined;
  const namespace = readNamespace(metadata.fields);
  if (namespace === undefined) return undefined;
  const name = objectName(namespace, metadata.name);
  const type = readAddressType(object);
  const { [SERVICE_LABEL]: service = "", ...labels } = readLabels(metadata.fields, SLICE_LABELS);
  if (service === "") {
    object.hint(["metadata", "labels", SERVICE_LABEL], "names no Service: the slice is ignored");
    return { name, slice: undefined };
  }
  if (type === "FQDN") {
    object.hint(["addressType"], "FQDN addresses cannot be programmed: the slice is ignored");
    return { name, slice: undefined };
  }
  const family: Family = type === "IPv6" ? "ipv6" : "ipv4";
  const { pool } = object.reading;
  const slice = {
    name,
    service: pool.share(objectName(namespace, service)),
    family,
    // Which Service it is stands in a field of its own: most slices have no label besides.
    labels: Object.keys(labels).length > 0 ? labels : EMPTY_RECORD,
    ports: pool.sharePorts(object.each("ports", readPort)),
    endpoints: object.each("endpoints", (item) => readEndpoint(item, family)),
    triggerMs: readTriggerMs(metadata.fields),
  };
  return { name, slice };
}

function readAddressType(object: Fields<V1EndpointSlice>): (typeof ADDRESS_TYPES)[number] {
  if (!object.has("addressType")) {
    object.refuse(["addressType"], `expected ${ADDRESS_TYPES.join(", ")}, found nothing`);
  }
  return object.word("addressType", ADDRESS_TYPES, "IPv4");
}

function readPort(item: Fields<DiscoveryV1EndpointPort>): SlicePort | undefined {
  const name = item.text("name") ?? "";
  const protocol = PROTOCOLS[item.word("protocol", PROTOCOL_NAMES, "TCP")];
  const port = item.integer("port", 0, PORT_MAX);
  if (port !== undefined && port > 0) return { name, protocol, port };
  // A number that is there and wrong has been reported already.
  if (port === 0 || !item.has("port")) {
    item.hint(["port"], "has no number: this port is ignored");
  }
  return undefined;
}

function readEndpoint(item: Fields<V1Endpoint>, family: Family): Endpoint | undefined {
  const [address] = item.texts("addresses", "an IP address", parseAddress);
  const conditions = item.fields("conditions");
  const hints = item.fields("hints");
  const endpoint = {
    address: address ?? "",
    ready: conditions?.flag("ready") ?? true,
    serving: conditions?.flag("serving") ?? true,
    terminating: conditions?.flag("terminating") ?? false,
    nodeName: item.text("nodeName") ?? "",
    zoneHints: readHints(hints, "forZones"),
    nodeHints: readHints(hints, "forNodes"),
  };
  return isUsable(item, address, family) ? endpoint : undefined;
}

function isUsable(item: Fields<V1Endpoint>, address: Address | undefined, family: Family): boolean {
  if (address === undefined) {
    // One that is there and wrong has been reported already.
    if (!item.reading.refused) {
      item.note(["addresses"], "has no address: this endpoint is ignored");
    }
    return false;
  }
  if (familyOf(address) !== family) {
    item.refuse(
      ["addresses", 0],
      `expected an address of the slice's addressType, ${found(address)}`,
    );
  }
  return true;
}

function readHints(
  hints: Fields<V1EndpointHints> | undefined,
  key: "forZones" | "forNodes",
): readonly string[] {
  const names = hints?.each(key, (hint) => hint.text("name")) ?? EMPTY_LIST;
  return names.length === 0 || hints === undefined ? names : hints.reading.pool.shareList(names);
}
