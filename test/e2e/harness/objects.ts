/** Kubernetes objects for the end-to-end suite, in few words: what is left out is what the API server fills in. */
import type {
  V1Endpoint,
  V1EndpointSlice,
  V1Node,
  V1Service,
  V1ServicePort,
  V1ServiceSpec,
} from "@kubernetes/client-node";

/** Where all objects of the suite are. */
export const NAMESPACE = "e2e";

/** Any object. */
export type KubeObject = V1Service | V1EndpointSlice | V1Node;

/** A port, as `80` (TCP, unnamed) or with what differs from that. */
export type PortWords = Omit<V1ServicePort, "port"> & { readonly port: number };

/** A Service. */
export interface ServiceWords {
  readonly name: string;
  /** {@link NAMESPACE} by default. */
  readonly namespace?: string;
  /** Cluster addresses, the first family first. None: `ExternalName` and the like say so in `spec`. */
  readonly addresses?: readonly string[];
  readonly ports?: readonly PortWords[];
  readonly annotations?: Readonly<Record<string, string>>;
  readonly labels?: Readonly<Record<string, string>>;
  /** Whatever else is in the spec. */
  readonly spec?: V1ServiceSpec;
  /** Addresses that a load balancer has given, as `status` has them. */
  readonly ingress?: readonly { readonly ip: string; readonly ipMode?: "VIP" | "Proxy" }[];
}

/** Makes a Service. */
export function service(words: ServiceWords): V1Service {
  const { name, addresses = [], ports = [{ port: 80 }], annotations, labels, ingress } = words;
  const families = addresses.map((address) => (address.includes(":") ? "IPv6" : "IPv4"));
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: {
      name,
      namespace: words.namespace ?? NAMESPACE,
      ...(annotations && { annotations: { ...annotations } }),
      ...(labels && { labels: { ...labels } }),
    },
    spec: {
      type: "ClusterIP",
      ...(addresses[0] !== undefined && {
        clusterIP: addresses[0],
        clusterIPs: [...addresses],
        ipFamilies: families,
        ipFamilyPolicy: addresses.length > 1 ? "RequireDualStack" : "SingleStack",
      }),
      ports: ports.map(({ protocol = "TCP", ...rest }) => ({ protocol, ...rest })),
      ...words.spec,
    },
    ...(ingress && { status: { loadBalancer: { ingress: [...ingress] } } }),
  };
}

/** An endpoint: ready unless it says otherwise. */
export interface EndpointWords {
  readonly address: string;
  readonly node: string;
  readonly ready?: boolean;
  readonly serving?: boolean;
  readonly terminating?: boolean;
  readonly zones?: readonly string[];
  readonly forNodes?: readonly string[];
}

/** An EndpointSlice. */
export interface SliceWords {
  readonly service: string;
  /** {@link NAMESPACE} by default. */
  readonly namespace?: string;
  /** Of several slices of one Service. */
  readonly suffix?: string;
  /** Port numbers of the endpoints: one means the unnamed TCP port. */
  readonly ports?: readonly {
    readonly name?: string;
    readonly port: number;
    readonly protocol?: "TCP" | "UDP" | "SCTP";
  }[];
  readonly endpoints: readonly EndpointWords[];
  /** Where there are no endpoints to tell it. */
  readonly family?: "IPv4" | "IPv6";
}

/** Makes an EndpointSlice. */
export function slice(words: SliceWords): V1EndpointSlice {
  const { service: owner, suffix = "1", ports = [{ port: 8080 }], endpoints } = words;
  const first = endpoints[0]?.address ?? "";
  const family = words.family ?? (first.includes(":") ? "IPv6" : "IPv4");
  return {
    apiVersion: "discovery.k8s.io/v1",
    kind: "EndpointSlice",
    metadata: {
      name: `${owner}-${family.toLowerCase()}-${suffix}`,
      namespace: words.namespace ?? NAMESPACE,
      labels: { "kubernetes.io/service-name": owner },
    },
    addressType: family,
    ports: ports.map(({ name = "", protocol = "TCP", port }) => ({ name, protocol, port })),
    endpoints: endpoints.map(endpoint),
  };
}

function endpoint({ address, node, zones, forNodes, ...conditions }: EndpointWords): V1Endpoint {
  const { ready = true, serving = ready, terminating = false } = conditions;
  const hints = {
    ...(zones && { forZones: zones.map((name) => ({ name })) }),
    ...(forNodes && { forNodes: forNodes.map((name) => ({ name })) }),
  };
  return {
    addresses: [address],
    conditions: { ready, serving, terminating },
    nodeName: node,
    ...((zones || forNodes) && { hints }),
  };
}

/** Kind, namespace and name: equal for two versions of one object. */
export function objectId({ kind, metadata }: KubeObject): string {
  return `${kind} ${metadata?.namespace ?? ""}/${metadata?.name ?? ""}`;
}
