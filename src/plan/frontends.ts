/** At which addresses a Service is served on this node, and which of them `kube-ipvs0` holds. Pure. */
import { type Address, familyOf } from "../model/address.ts";
import type { NodeView, Service } from "../model/cluster.ts";
import type { Finding } from "../model/finding.ts";
import { type Range, rangeContains } from "../model/range.ts";
import { whySpecial } from "./address-rules.ts";
import { FRONTEND_FIELDS } from "./frontend-fields.ts";

/** By which field an address belongs to a Service. */
type AddressKind = "cluster" | "external" | "load-balancer";

/** An address that is served. */
export interface ServedAddress {
  readonly address: Address;
  readonly kind: AddressKind;
}

/** The addresses of a Service; no duplicates. */
export interface Frontends {
  readonly served: readonly ServedAddress[];
  /** Those that the node has nowhere else. */
  readonly bound: readonly Address[];
}

/** What decides besides the Service. */
export interface FrontendRules {
  readonly node: NodeView;
  /** `spec.externalIPs` outside of these are refused; empty: all are allowed. */
  readonly externalRanges: readonly Range[];
  readonly note: (finding: Finding) => void;
}

/**
 * The addresses of a Service that this node may serve. One that comes by several fields counts by the
 * first of: cluster, load balancer, external. Families in which the Service has no cluster address
 * have no endpoints either, and are left out.
 */
export function frontendsOf(service: Service, rules: FrontendRules): Frontends {
  const { clusterAddresses, loadBalancerAddresses, externalAddresses } = service;
  const wanted: ServedAddress[] = [];
  for (const address of clusterAddresses) wanted.push({ address, kind: "cluster" });
  if (loadBalancerAddresses.length + externalAddresses.length > 0) {
    addOthers(service, rules, wanted);
  }
  const served = wanted.filter((one) => mayServe(service, one, rules));
  const { ownAddresses } = rules.node;
  const bound = served.filter(({ address }) => !ownAddresses.has(address));
  return { served, bound: bound.map(({ address }) => address) };
}

function addOthers(service: Service, rules: FrontendRules, wanted: ServedAddress[]): void {
  const families = new Set(service.clusterAddresses.map(familyOf));
  const seen = new Set(service.clusterAddresses);
  const add = (address: Address, kind: AddressKind): void => {
    seen.add(address);
    wanted.push({ address, kind });
  };
  for (const address of service.loadBalancerAddresses) {
    if (!seen.has(address) && families.has(familyOf(address))) add(address, "load-balancer");
  }
  for (const address of service.externalAddresses) {
    if (seen.has(address)) continue;
    if (!families.has(familyOf(address))) rules.note(otherFamily(service, address));
    else if (!isAllowed(address, rules)) rules.note(notAllowed(service, address, rules));
    else add(address, "external");
  }
}

function isAllowed(address: Address, { externalRanges }: FrontendRules): boolean {
  if (externalRanges.length === 0) return true;
  return externalRanges.some((range) => rangeContains(range, address));
}

function mayServe(
  service: Service,
  { address, kind }: ServedAddress,
  { node, note }: FrontendRules,
): boolean {
  const field = FRONTEND_FIELDS[kind];
  const special = whySpecial(address);
  const isOwn = special === undefined && node.ownAddresses.has(address);
  if (isOwn) {
    note(served(service, field, address));
    return true;
  }
  const isFromOutside = kind !== "cluster";
  const isServer = isFromOutside && node.serverAddresses.has(address);
  const server = isServer ? "an address of the API server" : undefined;
  const why = special ?? node.takenAddresses.get(address) ?? server;
  if (why === undefined) {
    const waits = isFromOutside && node.awaitsPeers;
    if (waits) note(waiting(service, field, address));
    return !waits;
  }
  note({
    severity: "warning",
    reason: special === undefined ? "address-taken" : "bad-address",
    service: service.name,
    field,
    message: `${address} is ${why}, and a node must not take it for a Service. Nothing is made for it.`,
  });
  return false;
}

function served(service: Service, field: string, address: Address): Finding {
  return {
    severity: "info",
    reason: "address-taken",
    service: service.name,
    field,
    message: `${address} is an address of this node: it is served, and not bound to kube-ipvs0.`,
  };
}

function waiting(service: Service, field: string, address: Address): Finding {
  return {
    severity: "info",
    reason: "address-waits",
    service: service.name,
    field,
    message: `${address} waits until the addresses of the other nodes are known: it must not be one of them.`,
  };
}

function otherFamily(service: Service, address: Address): Finding {
  return {
    severity: "warning",
    reason: "bad-address",
    service: service.name,
    field: FRONTEND_FIELDS.external,
    message:
      `${address} is of a family in which the Service has no cluster address, and so no endpoints. ` +
      "Nothing is made for it.",
  };
}

function notAllowed(
  service: Service,
  address: Address,
  { externalRanges }: FrontendRules,
): Finding {
  return {
    severity: "warning",
    reason: "address-not-allowed",
    service: service.name,
    field: FRONTEND_FIELDS.external,
    message:
      `${address} is outside of the allowed ranges (${externalRanges.join(", ")}). ` +
      "Nothing is made for it.",
  };
}
