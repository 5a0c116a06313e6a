/** The sets and maps of our tables, with what each is for: the comments are what a person reads on a node. */
import type { FilterSet } from "../model/packet-filter.ts";

/** A set, or a map when it has a `value`. */
export interface BaseSet {
  readonly name: FilterSet | "pod-ranges";
  /** Types of the key's parts; `address` is `ipv4_addr` or `ipv6_addr`. */
  readonly key: readonly ("address" | "inet_proto" | "inet_service" | "mark")[];
  readonly value?: "verdict" | "mark";
  readonly isInterval?: true;
  readonly comment: string;
}

const FRONTEND = ["address", "inet_proto", "inet_service"] as const;
const NODE_PORT = ["inet_proto", "inet_service"] as const;

/** All of them. Comments are at most 120 bytes: the kernel has room for 128. */
export const BASE_SETS: readonly BaseSet[] = [
  {
    name: "service-addresses",
    key: ["address"],
    comment: "bound on kube-ipvs0: cluster, external and load-balancer addresses of Services",
  },
  {
    name: "node-addresses",
    key: ["address"],
    comment: "addresses of this node that serve node ports",
  },
  {
    name: "pod-ranges",
    key: ["address"],
    isInterval: true,
    comment: "sources that are this side of the cluster (detectLocal)",
  },
  {
    name: "masqueraded",
    key: FRONTEND,
    comment: "external frontends with policy Cluster: every client is masqueraded",
  },
  {
    name: "keep-source",
    key: FRONTEND,
    comment: "external frontends with policy Local: clients outside keep their address",
  },
  {
    name: "node-port-masqueraded",
    key: NODE_PORT,
    comment: "node ports with policy Cluster: every client is masqueraded",
  },
  {
    name: "node-port-keep-source",
    key: NODE_PORT,
    comment: "node ports with policy Local: clients outside keep their address",
  },
  {
    name: "no-endpoints",
    key: FRONTEND,
    value: "verdict",
    comment: "refuse: no endpoint anywhere; drop: policy Local and none on this node",
  },
  {
    name: "node-port-no-endpoints",
    key: NODE_PORT,
    value: "verdict",
    comment: "the same for node ports",
  },
  {
    name: "local-marks",
    key: FRONTEND,
    value: "mark",
    comment:
      "policy Local: clients in the cluster reach all endpoints by the mark's virtual service",
  },
  {
    name: "node-port-local-marks",
    key: NODE_PORT,
    value: "mark",
    comment: "the same for node ports",
  },
  {
    name: "given-marks",
    key: ["mark"],
    comment: "the marks that local-marks and node-port-local-marks give: those of others stay",
  },
  {
    name: "source-ranges",
    key: FRONTEND,
    value: "verdict",
    comment: "loadBalancerSourceRanges: the chain that knows who may come in",
  },
  {
    name: "closed-to-node",
    key: FRONTEND,
    comment: "loadBalancerSourceRanges that hold no address of this node",
  },
  {
    name: "hairpin",
    key: ["address", "address"],
    comment: "endpoints on this node that reach themselves through a Service",
  },
];
