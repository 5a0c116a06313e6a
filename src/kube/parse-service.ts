/** core/v1 Service as the API writes it -> the model's Service. */
import type { V1LoadBalancerIngress, V1Service, V1ServiceSpec } from "@kubernetes/client-node";
import { type Address, type Family, familyOf, parseAddress } from "../model/address.ts";
import { objectName, type Service, type ServicePort } from "../model/cluster.ts";
import { HIDING_LABELS, PORT_MAX, PROTOCOL_NAMES, PROTOCOLS } from "./api-words.ts";
import { EMPTY_LIST, type Fields, found } from "./fields.ts";
import {
  readAnnotations,
  readCreatedMs,
  readLabels,
  readMetadata,
  readNamespace,
} from "./parse-metadata.ts";

/** `timeoutSeconds` of client affinity when unset, and at most (as the API validates it). */
const AFFINITY_TIMEOUT_S_DEFAULT = 10_800;
const AFFINITY_TIMEOUT_S_MAX = 86_400;

const TYPES = ["ClusterIP", "NodePort", "LoadBalancer", "ExternalName"] as const;
const POLICIES = ["Cluster", "Local"] as const;
const HEADLESS = "None";
const FAMILIES: Readonly<Record<"IPv4" | "IPv6", Family>> = { IPv4: "ipv4", IPv6: "ipv6" };

/** The Service, to be used unless the reading says `refused`; undefined when it has no usable name. */
export function parseService(object: Fields<V1Service>): Service | undefined {
  const metadata = readMetadata(object);
  if (metadata === undefined) return undefined;
  const namespace = readNamespace(metadata.fields);
  if (namespace === undefined) return undefined;
  const spec = object.fields("spec");
  if (spec === undefined && !object.has("spec")) {
    object.refuse(["spec"], "expected an object, found nothing");
  }
  return {
    name: object.reading.pool.share(objectName(namespace, metadata.name)),
    createdMs: readCreatedMs(metadata.fields),
    labels: readLabels(metadata.fields, HIDING_LABELS),
    annotations: readAnnotations(metadata.fields),
    loadBalancerAddresses: readIngress(object),
    ...(spec === undefined ? NO_SPEC : readSpec(spec)),
  };
}

type SpecPart = Omit<
  Service,
  "name" | "createdMs" | "labels" | "annotations" | "loadBalancerAddresses"
>;

const NO_SPEC: SpecPart = {
  type: "ClusterIP",
  clusterAddresses: EMPTY_LIST,
  ports: EMPTY_LIST,
  affinityTimeoutS: 0,
  externalAddresses: EMPTY_LIST,
  loadBalancerSourceRanges: EMPTY_LIST,
  internalTrafficPolicy: "Cluster",
  externalTrafficPolicy: "Cluster",
  healthCheckNodePort: 0,
};

function readSpec(spec: Fields<V1ServiceSpec>): SpecPart {
  const type = spec.word("type", TYPES, "ClusterIP");
  const clusterAddresses = type === "ExternalName" ? EMPTY_LIST : readClusterAddresses(spec);
  const ports = readPorts(spec);
  if (clusterAddresses.length > 0 && ports.length === 0 && !spec.has("ports")) {
    spec.refuse(["ports"], "expected at least one port, found nothing");
  }
  return {
    type,
    clusterAddresses,
    ports,
    affinityTimeoutS: readAffinity(spec),
    externalAddresses: spec.texts("externalIPs", "an IP address", parseAddress),
    loadBalancerSourceRanges: spec.texts("loadBalancerSourceRanges", "a CIDR", parseRange),
    internalTrafficPolicy: spec.word("internalTrafficPolicy", POLICIES, "Cluster"),
    externalTrafficPolicy: spec.word("externalTrafficPolicy", POLICIES, "Cluster"),
    healthCheckNodePort: spec.integer("healthCheckNodePort", 0, PORT_MAX) ?? 0,
  };
}

/**
 * The address of each family: by position in `ipFamilies` and `clusterIPs`; all of `clusterIPs` when the
 * families are not given; `clusterIP` when the list is not given (an API server before 1.20, a manifest).
 */
function readClusterAddresses(spec: Fields<V1ServiceSpec>): readonly Address[] {
  const families = spec.texts("ipFamilies", "IPv4 or IPv6", (text) =>
    text === "IPv4" || text === "IPv6" ? FAMILIES[text] : undefined,
  );
  const listed = spec.texts("clusterIPs", `an IP address or "${HEADLESS}"`, parseClusterIp);
  const single = spec.text("clusterIP");
  if (single === HEADLESS || listed[0] === HEADLESS) return EMPTY_LIST;
  if (listed.length === 0) return readSingleClusterIp(spec, single, families);

  const addresses = families.length === 0 ? listed : listed.slice(0, families.length);
  if (single !== undefined && single !== "" && parseAddress(single) !== addresses[0]) {
    spec.refuse(["clusterIP"], `expected the first of clusterIPs, ${found(single)}`);
  }
  addresses.forEach((address, index) => {
    const family = familyOf(address);
    if (family !== (families[index] ?? family)) {
      spec.refuse(
        ["clusterIPs", index],
        `expected the family of ipFamilies[${index}], ${found(address)}`,
      );
    }
  });
  if (new Set(addresses.map(familyOf)).size < addresses.length) {
    spec.refuse(["clusterIPs"], "expected at most one address of each family, found more");
  }
  return addresses;
}

function parseClusterIp(text: string): string | undefined {
  return text === HEADLESS ? text : parseAddress(text);
}

function readSingleClusterIp(
  spec: Fields<V1ServiceSpec>,
  text: string | undefined,
  families: readonly Family[],
): readonly Address[] {
  if (text === undefined || text === "") {
    // The API server fills this in; only a manifest can come without.
    if (!spec.has("clusterIP") || text === "") {
      spec.note(
        ["clusterIP"],
        `found nothing: the Service gets no address (write "${HEADLESS}" if it shall have none)`,
      );
    }
    return EMPTY_LIST;
  }
  const address = parseAddress(text);
  if (address === undefined) {
    spec.refuse(["clusterIP"], `expected an IP address or "${HEADLESS}", ${found(text)}`);
    return EMPTY_LIST;
  }
  if (families[0] !== undefined && families[0] !== familyOf(address)) {
    spec.refuse(["clusterIP"], `expected the family of ipFamilies[0], ${found(text)}`);
  }
  return [address];
}

function readPorts(spec: Fields<V1ServiceSpec>): readonly ServicePort[] {
  const names = new Set<string>();
  const sockets = new Set<string>();
  return spec.each("ports", (item) => {
    const name = item.text("name") ?? "";
    const protocol = PROTOCOLS[item.word("protocol", PROTOCOL_NAMES, "TCP")];
    const nodePort = item.integer("nodePort", 0, PORT_MAX) ?? 0;
    const port = item.integer("port", 1, PORT_MAX);
    if (port === undefined) {
      if (!item.has("port")) {
        item.refuse(["port"], `expected a whole number from 1 to ${PORT_MAX}, found nothing`);
      }
      return undefined;
    }
    if (names.has(name)) {
      item.refuse(
        ["name"],
        `expected a name that no other port of the Service has, ${found(name)}`,
      );
    }
    if (sockets.has(`${protocol}/${port}`)) {
      item.refuse(["port"], `expected a port that the Service does not have yet, ${found(port)}`);
    }
    names.add(name);
    sockets.add(`${protocol}/${port}`);
    return { name, protocol, port, nodePort };
  });
}

function readAffinity(spec: Fields<V1ServiceSpec>): number {
  const timeoutS = spec
    .fields("sessionAffinityConfig")
    ?.fields("clientIP")
    ?.integer("timeoutSeconds", 1, AFFINITY_TIMEOUT_S_MAX);
  const affinity = spec.word("sessionAffinity", ["None", "ClientIP"], "None");
  return affinity === "None" ? 0 : (timeoutS ?? AFFINITY_TIMEOUT_S_DEFAULT);
}

/** A CIDR without its surrounding blanks, or undefined when it is none. */
function parseRange(text: string): string | undefined {
  const range = text.trim();
  const [address = "", prefix = "", ...rest] = range.split("/");
  const parsed = parseAddress(address);
  if (parsed === undefined || rest.length > 0 || !/^\d{1,3}$/.test(prefix)) return undefined;
  return Number(prefix) <= (familyOf(parsed) === "ipv4" ? 32 : 128) ? range : undefined;
}

/** `status.loadBalancer.ingress[*].ip`: those of the load balancer itself (ipMode Proxy) are not for us. */
function readIngress(object: Fields<V1Service>): readonly Address[] {
  const ingress = object
    .fields("status")
    ?.fields("loadBalancer")
    ?.each("ingress", readIngressAddress);
  return ingress ?? EMPTY_LIST;
}

function readIngressAddress(item: Fields<V1LoadBalancerIngress>): Address | undefined {
  const text = item.text("ip");
  const mode = item.word("ipMode", ["VIP", "Proxy"], "VIP");
  if (text === undefined || text === "" || mode === "Proxy") return undefined;
  const address = parseAddress(text);
  if (address === undefined) item.refuse(["ip"], `expected an IP address, ${found(text)}`);
  return address;
}
