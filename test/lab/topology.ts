/**
 * A node's network inside the lab: pods and outside clients as network namespaces, each on a veth
 * pair, with the node (the namespace this runs in) as their router. Both IP families.
 *
 *   client namespaces                 the node                         pods
 *   192.168.77.200 ... eth0 -- vNAME  192.168.77.10   vNAME -- eth0 10.1.0.1, fd00:1::1
 *   fd00:77::200                      fd00:77::10     10.1.255.254, fe80::1
 *
 * A pod of another node is a pod whose address is outside this node's 10.1.0.0/24: to IPVS, where it
 * runs makes no difference.
 */
import { Servers } from "./servers.ts";
import { shell } from "./shell.ts";

/** Addresses of the node on the outside network: the gateway of outside clients. */
export const NODE_ADDRESS = "192.168.77.10";
export const NODE_ADDRESS_V6 = "fd00:77::10";

const POD_GATEWAY = "10.1.255.254";
const POD_GATEWAY_V6 = "fe80::1";
/** Room that the kernel's 15 characters of a link name leave for the name of a namespace. */
const NAME_LENGTH_MAX = 14;

/** A pod, or a client inside the cluster: a pod without ports. */
export interface PodOptions {
  /** Of the pod, its namespace, and (with a `v` before it) the node's end of its link. */
  readonly name: string;
  /** Any number of either family; the first of each is the pod's own, the others are more clients. */
  readonly addresses: readonly string[];
  /** Where its server listens, TCP and UDP. None: there is no server. */
  readonly ports?: readonly number[];
  /** How long its server takes to answer. 0 by default. */
  readonly delayMs?: number;
}

/** A client outside the cluster, on the node's own network. */
export interface ClientOptions {
  readonly name: string;
  /** In 192.168.77.0/24 or fd00:77::/64; a client has as many as it shall be taken for. */
  readonly addresses: readonly string[];
}

/** What is there. Namespaces are named as pods and clients are: `ip netns exec NAME`. */
export interface Topology {
  addPod(pod: PodOptions): Promise<void>;
  /** Ends the pod's server with all its connections, and its network. */
  removePod(name: string): Promise<void>;
  /** Ends the pod's server with all its connections; its address refuses from then on. */
  stopServer(name: string): Promise<void>;
  /** From now on the pod's server takes this long to answer. */
  setDelay(name: string, delayMs: number): Promise<void>;
  /** Removes everything. */
  close(): Promise<void>;
}

/** Makes clients and pods, and starts the pods' servers. */
export async function createTopology({
  pods = [],
  clients = [],
}: {
  readonly pods?: readonly PodOptions[];
  readonly clients?: readonly ClientOptions[];
}): Promise<Topology> {
  const servers = new Servers();
  const serving = new Set<string>();
  const names = new Set<string>();
  const serve = async ({ name, ports = [], delayMs = 0 }: PodOptions): Promise<void> => {
    if (ports.length === 0) return;
    await servers.serve({ pod: name, namespace: name, ports, delayMs });
    serving.add(name);
  };
  const stopServer = async (name: string): Promise<void> => {
    if (serving.delete(name)) await servers.stop(name);
  };
  const add = async (wanted: readonly { name: string }[], script: string): Promise<void> => {
    for (const { name } of wanted) names.add(name);
    await shell(script);
  };
  const remove = async (gone: readonly string[]): Promise<void> => {
    for (const name of gone) names.delete(name);
    await shell(gone.map((name) => `ip link del v${name}\nip netns del ${name}\n`).join(""));
  };
  await add(
    [...clients, ...pods],
    `${clients.map(clientScript).join("")}${pods.map(podScript).join("")}`,
  );
  for (const pod of pods) await serve(pod);
  return {
    addPod: async (pod) => {
      await add([pod], podScript(pod));
      await serve(pod);
    },
    removePod: async (name) => {
      await stopServer(name);
      await remove([name]);
    },
    stopServer,
    setDelay: (name, delayMs) => servers.setDelay(name, delayMs),
    close: async () => {
      await servers.close();
      await remove([...names]);
    },
  };
}

function podScript({ name, addresses }: PodOptions): string {
  return script(name, {
    outside: [
      `addr add ${own(POD_GATEWAY)} dev v${name}`,
      `addr add ${POD_GATEWAY_V6}/64 dev v${name} nodad`,
      ...addresses.map((address) => `route add ${host(address)} dev v${name}`),
    ],
    inside: [
      ...addresses.map((address) => `addr add ${own(address)} dev eth0`),
      `route add ${POD_GATEWAY}/32 dev eth0`,
      `route add default via ${POD_GATEWAY}`,
      `route add default via ${POD_GATEWAY_V6} dev eth0`,
    ],
  });
}

function clientScript({ name, addresses }: ClientOptions): string {
  return script(name, {
    // Host routes, so that several clients can be on one network without a bridge.
    outside: [
      `addr add ${own(NODE_ADDRESS)} dev v${name}`,
      `addr add ${own(NODE_ADDRESS_V6)} dev v${name}`,
      ...addresses.map((address) => `route add ${host(address)} dev v${name}`),
    ],
    inside: [
      ...addresses.map((address) => `addr add ${own(address)} dev eth0`),
      `route add ${NODE_ADDRESS}/32 dev eth0`,
      `route add default via ${NODE_ADDRESS}`,
      `route add ${NODE_ADDRESS_V6}/128 dev eth0`,
      `route add default via ${NODE_ADDRESS_V6} dev eth0`,
    ],
  });
}

/** Two `ip` processes for each namespace: one outside, one inside. */
function script(name: string, steps: { outside: string[]; inside: string[] }): string {
  if (name.length > NAME_LENGTH_MAX) throw new Error(`${name} is too long for the name of a link`);
  const outside = [
    `netns add ${name}`,
    `link add v${name} type veth peer name eth0 netns ${name}`,
    `link set v${name} up`,
    ...steps.outside,
  ];
  const inside = ["link set lo up", "link set eth0 up", ...steps.inside];
  return [
    `ip -batch - <<END\n${outside.join("\n")}\nEND\n`,
    `ip -n ${name} -batch - <<END\n${inside.join("\n")}\nEND\n`,
  ].join("");
}

/** What `ip addr add` takes. New namespaces look for duplicates for a second, and here are none. */
function own(address: string): string {
  return address.includes(":") ? `${host(address)} nodad` : host(address);
}

function host(address: string): string {
  return address.includes(":") ? `${address}/128` : `${address}/32`;
}
