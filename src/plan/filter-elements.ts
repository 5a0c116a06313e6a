/** What a frontend needs in the packet filter, as elements of its sets and maps. Pure. */
import { joined } from "../base/joined.ts";
import { type Address, type Family, familyOf } from "../model/address.ts";
import type { FilterElement, FilterObject, FilterSet } from "../model/packet-filter.ts";
import type { SocketKey } from "../model/virtual-service.ts";
import type { FrontendKind } from "./service-plan.ts";
import type { SourceRanges } from "./source-ranges.ts";

/** Shared by all that need nothing: most Services. */
export const NO_ELEMENTS: readonly FilterObject[] = [];

/** What becomes of packets that no endpoint can take; "" while one can. */
export type Verdict = "" | "drop" | "goto refuse";

/** What decides about the elements of a frontend that the outside may reach. */
export interface ExternalFacts {
  readonly key: SocketKey;
  readonly kind: Exclude<FrontendKind, "cluster" | "local-clients">;
  readonly verdict: Verdict;
  /** Of the endpoints on this node; see {@link hairpinElements}. */
  readonly hairpins: readonly FilterObject[];
  /** Policy Local: clients keep their address. */
  readonly keepsSource: boolean;
  /** The firewall mark for clients in the cluster, as text; "" for none. */
  readonly mark: string;
  /** Who may use it; undefined for everybody. */
  readonly sources: SourceRanges | undefined;
}

/** The sets that hold a frontend by address, protocol and port, and those that hold it by node port. */
const SETS = {
  address: {
    masquerade: "masqueraded",
    keepSource: "keep-source",
    noEndpoints: "no-endpoints",
    marks: "local-marks",
  },
  nodePort: {
    masquerade: "node-port-masqueraded",
    keepSource: "node-port-keep-source",
    noEndpoints: "node-port-no-endpoints",
    marks: "node-port-local-marks",
  },
} as const satisfies Record<string, Record<string, FilterSet>>;

/** What a cluster address needs: mostly nothing but what its endpoints need. */
export function clusterElements(
  key: SocketKey,
  verdict: Verdict,
  hairpins: readonly FilterObject[],
): readonly FilterObject[] {
  return verdict === "" ? hairpins : [...hairpins, element(key, "no-endpoints", verdict)];
}

/** What a way in from outside needs: of a node port the same on each address, which is counted. */
export function externalElements(facts: ExternalFacts): readonly FilterObject[] {
  const { kind, key, verdict, hairpins } = facts;
  const isNodePort = kind === "node-port";
  const sets = isNodePort ? SETS.nodePort : SETS.address;
  const make = isNodePort ? nodePortElement : element;
  const elements = [...hairpins, make(key, facts.keepsSource ? sets.keepSource : sets.masquerade)];
  if (verdict !== "") elements.push(make(key, sets.noEndpoints, verdict));
  if (facts.mark !== "") elements.push(make(key, sets.marks, facts.mark));
  if (facts.sources) elements.push(...sourceElements(key, facts.sources));
  return elements;
}

/**
 * An endpoint that reaches itself through a Service would answer its own address, past IPVS: its source
 * is masqueraded. One element for each endpoint on this node, but for those in the node's own network: their
 * answers pass IPVS anyway, and what they tell each other past all Services keeps its addresses.
 */
export function hairpinElements(addresses: readonly Address[]): readonly FilterObject[] {
  if (addresses.length === 0) return NO_ELEMENTS;
  return addresses.map((address) =>
    addressElement("hairpin", address, joined(address, " . ", address)),
  );
}

/** What the virtual service of a mark needs: that nobody after IPVS sees the mark. */
export function markElements(family: Family, mark: string): readonly FilterObject[] {
  return [{ kind: "element", family, set: "given-marks", key: mark, value: "" }];
}

function sourceElements(key: SocketKey, sources: SourceRanges): readonly FilterObject[] {
  const { verdict, chain, closedToNode } = sources;
  return [
    ...(chain ? [chain] : []),
    element(key, "source-ranges", verdict),
    ...(closedToNode ? [element(key, "closed-to-node")] : []),
  ];
}

function element(key: SocketKey, set: FilterSet, value = ""): FilterElement {
  const { address, protocol, port } = key;
  return addressElement(set, address, joined(address, " . ", protocol, " . ", port), value);
}

function nodePortElement(key: SocketKey, set: FilterSet, value = ""): FilterElement {
  const { address, protocol, port } = key;
  return addressElement(set, address, joined(protocol, " . ", port), value);
}

function addressElement(set: FilterSet, address: Address, key: string, value = ""): FilterElement {
  const family: Family = familyOf(address);
  return { kind: "element", family, set, key, value };
}
