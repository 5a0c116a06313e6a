/**
 * The network of the end-to-end suite: the node under test (the namespace this runs in) with two
 * interfaces and pods of its own, another node with pods of its own, and clients outside. Both families.
 *
 *   outside .77.200    node-b .77.20            outside2 .88.200
 *        |                |  (pods 10.1.1.0/24)      |
 *   =====+======== 192.168.77.0/24 =====        =====+= 192.168.88.0/24 ==     (bridges in namespace lan)
 *                     |                              |
 *                   eth0 .77.10      the node      eth1 .88.10
 *                     |
 *              pods 10.1.0.0/24, each on a veth of its own
 *
 * IPv6 in the same way: fd00:77::/64, fd00:88::/64, pods fd00:1:0:1::/64 and fd00:1:0:2::/64. Everybody's
 * way to an address that nobody has is the node: so service addresses reach it from wherever they are asked for.
 */
import { Servers } from "./servers.ts";
import { shell } from "./shell.ts";

/** Addresses of the node under test: eth0, then eth1. */
export const NODE_ADDRESSES = ["192.168.77.10", "192.168.88.10"] as const;
export const NODE_ADDRESSES_V6 = ["fd00:77::10", "fd00:88::10"] as const;
/** Addresses of the other node. */
export const PEER_ADDRESS = "192.168.77.20";
export const PEER_ADDRESS_V6 = "fd00:77::20";
/** Of all pods of both nodes. */
export const CLUSTER_RANGES = ["10.1.0.0/16", "fd00:1::/48"] as const;
/** Of the pods of the node under test. */
export const POD_RANGES = ["10.1.0.0/24", "fd00:1:0:1::/64"] as const;
const PEER_POD_RANGES = ["10.1.1.0/24", "fd00:1:0:2::/64"] as const;

const POD_GATEWAY = "169.254.1.1";
const POD_GATEWAY_V6 = "fe80::1";
/** Of the node's end of every pod's link, so that nobody has to ask for it. */
const POD_GATEWAY_MAC = "02:00:00:00:00:01";
const IPV4 = "/proc/sys/net/ipv4";
const IPV6 = "/proc/sys/net/ipv6";
/** Room that the kernel's 15 characters of a link name leave for the name of a namespace. */
const NAME_LENGTH_MAX = 14;

/** The namespace of the other node: for clients on its own network. */
export const PEER = "node-b";

/** A pod. */
export interface NetworkPod {
  /** Of the pod and its namespace. */
  readonly name: string;
  readonly node: "here" | "peer";
  /** Of both families; the first of each is the pod's own, the others are more clients. */
  readonly addresses: readonly string[];
  /** Where its server listens, TCP, UDP and SCTP. None: there is no server. */
  readonly ports: readonly number[];
}

/** What is there. */
export interface NodeNetwork {
  addPod(pod: NetworkPod): Promise<void>;
  /** Ends the pod's server with all its connections, and its network. */
  removePod(name: string): Promise<void>;
  /** A server with a node's own network, as a pod with `hostNetwork` has it. */
  serveOnNode(name: string, ports: readonly number[], node?: "here" | "peer"): Promise<void>;
  /** Ends the server with its connections; its address refuses from then on. */
  stopServer(name: string): Promise<void>;
  /** Listens again where {@link stopServer} ended it. */
  startServer(name: string): Promise<void>;
  /** From now on the server takes this long to answer. */
  setDelay(name: string, delayMs: number): Promise<void>;
  /** As it was made: the pods of then, all serving without delay, and no others. */
  restore(): Promise<void>;
}

interface Server {
  readonly namespace: string;
  readonly ports: readonly number[];
}

/** Makes the network with these pods. It goes with the lab. */
export async function createNodeNetwork(pods: readonly NetworkPod[]): Promise<NodeNetwork> {
  const processes = new Servers();
  const known = new Map<string, Server>();
  const running = new Set<string>();
  const slow = new Set<string>();
  const start = async (name: string): Promise<void> => {
    const server = known.get(name);
    if (server === undefined || server.ports.length === 0 || running.has(name)) return;
    running.add(name);
    await processes.serve({ pod: name, ...server, delayMs: 0 });
  };
  const stopServer = async (name: string): Promise<void> => {
    slow.delete(name);
    if (running.delete(name)) await processes.stop(name);
  };
  const removePod = async (name: string): Promise<void> => {
    await stopServer(name);
    known.delete(name);
    // The namespace goes when its last user has, and takes the link's other end with it.
    await shell(`ip netns exec ${name} ip link del eth0\nip netns del ${name}\n`);
  };
  const restore = async (): Promise<void> => {
    const first = new Set(pods.map(({ name }) => name));
    for (const [name, { namespace }] of [...known].filter(([one]) => !first.has(one))) {
      // A pod has a namespace of its name; other servers have that of a node.
      if (namespace === name) await removePod(name);
      else await stopServer(name);
      known.delete(name);
    }
    for (const pod of pods) {
      if (!known.has(pod.name)) await addPod(pod);
      await start(pod.name);
    }
    for (const name of slow) await processes.setDelay(name, 0);
    slow.clear();
  };
  const addPod = async (pod: NetworkPod): Promise<void> => {
    await shell(podScript(pod));
    known.set(pod.name, { namespace: pod.name, ports: pod.ports });
    await start(pod.name);
  };
  await shell(nodesScript());
  for (const pod of pods) await addPod(pod);
  return {
    addPod,
    removePod,
    serveOnNode: async (name, ports, node = "here") => {
      known.set(name, { namespace: node === "here" ? "-" : PEER, ports });
      await start(name);
    },
    stopServer,
    startServer: start,
    setDelay: async (name, delayMs) => {
      slow.add(name);
      await processes.setDelay(name, delayMs);
    },
    restore,
  };
}

/** The two nodes, the networks between them, and the clients outside. */
function nodesScript(): string {
  return [
    namespace("lan", ["link add br0 type bridge", "link add br1 type bridge"]),
    batch("lan", ["link set br0 up", "link set br1 up"]),
    host("", { link: "eth0", bridge: "br0", addresses: [cidr(NODE_ADDRESSES[0])] }),
    host("", { link: "eth1", bridge: "br1", addresses: [cidr(NODE_ADDRESSES[1])] }),
    namespace(PEER, []),
    host(PEER, { link: "eth0", bridge: "br0", addresses: [cidr(PEER_ADDRESS)] }),
    namespace("outside", []),
    host("outside", { link: "eth0", bridge: "br0", addresses: OUTSIDE.map(cidr) }),
    namespace("outside2", []),
    host("outside2", { link: "eth0", bridge: "br1", addresses: ["192.168.88.200/24"] }),
    batch("", [
      `route add ${PEER_POD_RANGES[0]} via ${PEER_ADDRESS}`,
      `route add ${PEER_POD_RANGES[1]} via ${PEER_ADDRESS_V6}`,
    ]),
    ...[PEER, "outside"].map((name) => gateway(name, NODE_ADDRESSES[0], NODE_ADDRESSES_V6[0])),
    gateway("outside2", NODE_ADDRESSES[1], NODE_ADDRESSES_V6[1]),
    `ip netns exec ${PEER} sh -c 'echo 1 >${IPV4}/ip_forward; echo 1 >${IPV6}/conf/all/forwarding'\n`,
    // Every refusal is answered, not six a second to one client: each is looked at.
    `echo 0 >${IPV4}/icmp_ratelimit; echo 0 >${IPV6}/icmp/ratelimit\n`,
  ].join("");
}

/** Addresses of the client outside on the first network. */
export const OUTSIDE = ["192.168.77.200", "192.168.77.201", "192.168.77.202", "192.168.77.203"];

/** A namespace on one of the two networks; each IPv4 address brings its IPv6 one. */
function host(
  name: string,
  {
    link,
    bridge,
    addresses,
  }: { readonly link: string; readonly bridge: string; readonly addresses: readonly string[] },
): string {
  const port = `${name || "node"}-${link.slice(-1)}`;
  return [
    batch(name, [
      `link add ${link} type veth peer name ${port} netns lan`,
      `link set ${link} up`,
      ...addresses.map((address) => `addr add ${address} dev ${link}`),
      ...addresses.map((address) => `addr add ${v6Of(address)} dev ${link} nodad`),
    ]),
    batch("lan", [`link set ${port} master ${bridge} up`]),
  ].join("");
}

function gateway(name: string, v4: string, v6: string): string {
  return batch(name, [`route add default via ${v4}`, `route add default via ${v6}`]);
}

/** `192.168.77.10/24` has the company of `fd00:77::10/64`. */
function v6Of(address: string): string {
  const [, , network, number] = address.replace("/24", "").split(".");
  return `fd00:${network}::${number}/64`;
}

function podScript({ name, node, addresses }: NetworkPod): string {
  if (name.length > NAME_LENGTH_MAX) throw new Error(`${name} is too long for the name of a link`);
  const link = `v${name}`;
  const owner = node === "peer" ? PEER : "";
  const [v4, v6] = node === "peer" ? [PEER_ADDRESS, PEER_ADDRESS_V6] : [...NODE_FIRST];
  return [
    namespace(name, []),
    batch(owner, [
      `link add ${link} address ${POD_GATEWAY_MAC} type veth peer name eth0 netns ${name}`,
      `link set ${link} up`,
      `addr add ${POD_GATEWAY_V6}/64 dev ${link} nodad`,
      // The node talks to its pods by its own address: the link has none of IPv4.
      ...addresses.map((address) => routeTo(address, link, address.includes(":") ? v6 : v4)),
    ]),
    batch(name, [
      "link set eth0 up",
      ...addresses.map((address) => `addr add ${whole(address)} dev eth0`),
      `route add ${POD_GATEWAY}/32 dev eth0`,
      `neigh add ${POD_GATEWAY} lladdr ${POD_GATEWAY_MAC} dev eth0 nud permanent`,
      `route add default via ${POD_GATEWAY}`,
      `route add default via ${POD_GATEWAY_V6} dev eth0`,
    ]),
  ].join("");
}

const NODE_FIRST = [NODE_ADDRESSES[0], NODE_ADDRESSES_V6[0]] as const;

function routeTo(address: string, link: string, source: string | undefined): string {
  return `route add ${address}/${address.includes(":") ? 128 : 32} dev ${link} src ${source}`;
}

function namespace(name: string, lines: readonly string[]): string {
  return `ip netns add ${name}\n${batch(name, ["link set lo up", ...lines])}`;
}

/** One `ip` process, in the namespace or in this one. */
function batch(name: string, lines: readonly string[]): string {
  return `ip ${name && `-n ${name} `}-batch - <<END\n${lines.join("\n")}\nEND\n`;
}

function cidr(address: string): string {
  return `${address}/24`;
}

/** What `ip addr add` takes. New links look for duplicates for a second, and here are none. */
function whole(address: string): string {
  return address.includes(":") ? `${address}/128 nodad` : `${address}/32`;
}
