/** core/v1 Node as the API writes it -> the model's ClusterNode. */
import type { V1Node } from "@kubernetes/client-node";
import { parseAddress } from "../model/address.ts";
import type { ClusterNode } from "../model/cluster.ts";
import { parseRange } from "../model/range.ts";
import { EMPTY_LIST, type Fields } from "./fields.ts";
import { readLabels, readMetadata } from "./parse-metadata.ts";

const ZONE_LABEL = "topology.kubernetes.io/zone";
const NODE_LABELS: ReadonlySet<string> = new Set([ZONE_LABEL]);

/** Values of `NodeAddress.type` in the order in which kube-proxy looks for a node's address; others come last. */
const ADDRESS_TYPES: readonly string[] = ["InternalIP", "ExternalIP"];

/** The node, to be used unless the reading says `refused`; undefined when it has no usable name. */
export function parseNode(object: Fields<V1Node>): ClusterNode | undefined {
  const metadata = readMetadata(object);
  if (metadata === undefined) return undefined;
  // Host names stand in the same list: they are no mistake.
  const addresses = object.fields("status")?.each("addresses", (item) => {
    const address = parseAddress(item.text("address") ?? "");
    const rank = ADDRESS_TYPES.indexOf(item.text("type") ?? "");
    return address === undefined
      ? undefined
      : { address, rank: rank === -1 ? ADDRESS_TYPES.length : rank };
  });
  const { pool } = object.reading;
  const sorted = [...(addresses ?? EMPTY_LIST)].sort((a, b) => a.rank - b.rank);
  return {
    name: pool.share(metadata.name),
    zone: pool.share(readLabels(metadata.fields, NODE_LABELS)[ZONE_LABEL] ?? ""),
    addresses: [...new Set(sorted.map(({ address }) => address))],
    podRanges: readPodRanges(object),
    deleting: metadata.fields.has("deletionTimestamp"),
    taints: object.fields("spec")?.each("taints", (taint) => taint.text("key")) ?? EMPTY_LIST,
  };
}

/** `spec.podCIDRs`, else `spec.podCIDR` alone. */
function readPodRanges(object: Fields<V1Node>): readonly string[] {
  const spec = object.fields("spec");
  if (spec === undefined) return EMPTY_LIST;
  const ranges = spec.texts("podCIDRs", "a CIDR", parseRange);
  if (ranges.length > 0) return ranges;
  const single = parseRange(spec.text("podCIDR") ?? "");
  return single === undefined ? EMPTY_LIST : [single];
}
