/** A cluster that changes at random: few names, addresses and ports, so that they collide often. */
import { nodeView } from "../../src/agent/node-view.ts";
import { type Change, type Picture, PLAIN } from "../../src/kube/change.ts";
import type {
  ClusterNode,
  Endpoint,
  EndpointSlice,
  NodeView,
  Service,
  ServicePort,
} from "../../src/model/cluster.ts";
import type { InterfaceAddress } from "../../src/model/node-port-addresses.ts";
import { picture } from "../fakes/fake-source.ts";
import { endpoint, service, slice } from "../unit/plan/samples.ts";
import type { Random } from "./random.ts";

const SERVICES = ["default/kubernetes", "shop/a", "shop/b", "shop/c", "shop/d"];
const ADDRESSES = ["10.96.0.1", "10.96.0.2", "10.96.0.3", "10.96.0.4", "fd00:96::1"];
const PORTS: readonly ServicePort[] = [
  { name: "http", protocol: "tcp", port: 80, nodePort: 0 },
  { name: "more", protocol: "tcp", port: 81, nodePort: 0 },
  { name: "dns", protocol: "udp", port: 53, nodePort: 0 },
];
const NODE_PORTS = [0, 0, 30_080, 30_081];
const EXTERNAL = ["203.0.113.1", "203.0.113.2", "192.168.0.1"];
const LOAD_BALANCER = ["198.51.100.1", "203.0.113.2"];
const SOURCE_RANGES = ["192.0.2.0/24", "192.168.0.0/16", "fd00::/8", "0.0.0.0/0"];
const NODE_ADDRESSES: readonly InterfaceAddress[] = [
  { address: "192.168.0.1", link: "eth0" },
  { address: "192.168.1.1", link: "eth1" },
  { address: "fd00:77::1", link: "eth0" },
];
const HOSTS = ["10.1.0.1", "10.1.0.2", "10.1.0.3", "10.1.0.4", "10.1.0.5"];
const HOSTS_IPV6 = ["fd00:1::1", "fd00:1::2"];
const SCHEDULER = "kube-ipvs.io/scheduler";

/** Schedulers that Services ask for; the last one is misspelled. */
export const SCHEDULERS = ["lc", "mh", "sh", "nq", "leastcon"] as const;

/** The node that the agent runs on. */
export const NODE_NAME = "node-a";

/** All objects as they are now. */
export class Cluster {
  readonly #random: Random;
  readonly #services = new Map<string, Service>();
  readonly #slices = new Map<string, EndpointSlice>();
  #zone = "";
  #addresses: readonly InterfaceAddress[] = NODE_ADDRESSES;

  constructor(random: Random) {
    this.#random = random;
    for (let count = 0; count < 12; count++) this.change();
  }

  get node(): NodeView {
    const api = this.slicesOf("default/kubernetes").flatMap(({ endpoints }) => endpoints);
    return nodeView({
      name: NODE_NAME,
      nodes: new Map([[NODE_NAME, this.#node()]]),
      apiServerAddresses: api.map(({ address }) => address),
      ...PLAIN,
      interfaceAddresses: this.#addresses,
      nodePortAddresses: { kind: "all" },
      bindAddress: undefined,
    });
  }

  /** Of the node's interfaces. */
  get addresses(): readonly InterfaceAddress[] {
    return this.#addresses;
  }

  /** An address of the node comes or goes. */
  changeAddresses(): void {
    this.#addresses = NODE_ADDRESSES.filter(() => this.#random.chance(70));
  }

  services(): Service[] {
    return [...this.#services.values()];
  }

  slicesOf(name: string): EndpointSlice[] {
    return [...this.#slices.values()].filter((one) => one.service === name);
  }

  /** Everything; or, when not `complete`, with some of it hidden. */
  picture(complete: boolean): Picture {
    const shown = <T>(all: Iterable<T>): T[] =>
      [...all].filter(() => complete || this.#random.chance(70));
    return picture(shown(this.#services.values()), shown(this.#slices.values()), {
      complete,
      nodes: new Map([[NODE_NAME, this.#node()]]),
    });
  }

  /** Changes one object, and tells it as a source would. */
  change(): Change {
    const what = this.#random.int(100);
    if (what < 5) {
      this.#zone = this.#random.pick(["", "east", "west"]);
      return { kind: "node", name: NODE_NAME, value: this.#node() };
    }
    const name = this.#random.pick(SERVICES);
    if (what < 40) {
      const value = this.#random.chance(25) ? undefined : this.#service(name);
      put(this.#services, name, value);
      return { kind: "service", name, value };
    }
    const sliceName = `${name}-${this.#random.int(2)}`;
    const value = this.#random.chance(15) ? undefined : this.#slice(sliceName, name);
    put(this.#slices, sliceName, value);
    return { kind: "slice", name: sliceName, value };
  }

  #node(): ClusterNode {
    return {
      name: NODE_NAME,
      zone: this.#zone,
      addresses: ["192.168.0.1"],
      podRanges: [],
      deleting: false,
      taints: [],
    };
  }

  #service(name: string): Service {
    const random = this.#random;
    const annotations: Record<string, string> = {};
    if (random.chance(60)) annotations[SCHEDULER] = random.pick(SCHEDULERS);
    if (random.chance(20)) annotations[`${SCHEDULER}.more`] = random.pick(SCHEDULERS);
    if (random.chance(30)) {
      annotations["kube-ipvs.io/drain-timeout"] = random.pick(["0", "5s", "2m", "soon"]);
    }
    return service({
      name,
      annotations,
      createdMs: random.int(3),
      clusterAddresses: random.chance(20)
        ? [random.pick(ADDRESSES), "fd00:96::1"]
        : [random.pick(ADDRESSES)],
      ports: PORTS.filter(() => random.chance(50)).map((port) => ({
        ...port,
        nodePort: random.pick(NODE_PORTS),
      })),
      affinityTimeoutS: random.chance(20) ? 600 : 0,
      externalAddresses: random.chance(30) ? [random.pick(EXTERNAL)] : [],
      loadBalancerAddresses: random.chance(30) ? [random.pick(LOAD_BALANCER)] : [],
      loadBalancerSourceRanges: random.chance(30) ? [random.pick(SOURCE_RANGES)] : [],
      internalTrafficPolicy: random.chance(20) ? "Local" : "Cluster",
      externalTrafficPolicy: random.chance(40) ? "Local" : "Cluster",
    });
  }

  #slice(name: string, of: string): EndpointSlice {
    const ipv6 = this.#random.chance(20);
    const endpoints = (ipv6 ? HOSTS_IPV6 : HOSTS)
      .filter(() => this.#random.chance(40))
      .map((host) => this.#endpoint(host));
    return slice(endpoints, {
      name,
      service: of,
      family: ipv6 ? "ipv6" : "ipv4",
      ports: PORTS.map(({ name: port, protocol }) => ({ name: port, protocol, port: 8080 })),
    });
  }

  #endpoint(host: string): Endpoint {
    const random = this.#random;
    const ready = random.chance(75);
    return endpoint(host, {
      ready,
      serving: ready || random.chance(60),
      terminating: !ready && random.chance(50),
      nodeName: random.pick([NODE_NAME, "node-b"]),
      zoneHints: random.chance(70) ? ["east"] : ["west"],
    });
  }
}

function put<T>(map: Map<string, T>, name: string, value: T | undefined): void {
  if (value === undefined) map.delete(name);
  else map.set(name, value);
}
