/** What a proxy has made of a cluster: the IPVS table and the bound addresses, as data to be compared. */
import { shell } from "../../lab/shell.ts";

/** One virtual service in words: everything in it counts. */
export interface ServiceState {
  /** Scheduler, affinity, flags: `-s rr -p 10800`. */
  readonly settings: string;
  /** With the way that packets take there: `10.1.0.1:8080 -m -w 1`, sorted. */
  readonly destinations: readonly string[];
}

/** By `tcp/10.96.0.10:80`, or `mark/NUMBER/FAMILY`. */
export type ServiceStates = ReadonlyMap<string, ServiceState>;

/** A node. */
export interface NodeState {
  readonly services: ServiceStates;
  /** On `kube-ipvs0`, sorted. */
  readonly addresses: readonly string[];
}

const PROTOCOLS: Readonly<Record<string, string>> = {
  "-t": "tcp",
  "-u": "udp",
  "--sctp-service": "sctp",
  "-f": "mark",
};
/** `-A -t 10.96.0.10:80 -s rr`, and `-a -t 10.96.0.10:80 -r 10.1.0.1:8080 -m -w 1` for a destination. */
const LINE = /^-([Aa]) (-t|-u|--sctp-service|-f) (\S+)( -6)?(?: -r)? (.+)$/;

/** Reads it; what the suite itself needs is left out. */
export async function nodeState(isOurs: (id: string) => boolean): Promise<NodeState> {
  const services = serviceStates(await shell("ipvsadm -Sn"));
  const text = await shell("ip -o addr show dev kube-ipvs0");
  const addresses = [...text.matchAll(/inet6? ([^ /]+)/g)].map(([, address = ""]) => address);
  return {
    services: new Map([...services].filter(([id]) => isOurs(id))),
    addresses: addresses.filter((address) => !address.startsWith("fe80:")).toSorted(),
  };
}

/** The table that `ipvsadm -Sn` has printed. */
export function serviceStates(text: string): ServiceStates {
  const states = new Map<string, ServiceState>();
  for (const line of text.split("\n").map((one) => one.trim())) {
    if (line === "") continue;
    const [, kind, option = "", where = "", six, rest = ""] = LINE.exec(line) ?? [];
    if (kind === undefined) throw new Error(`not a line of ipvsadm: ${line}`);
    const family = six === undefined ? "IPv4" : "IPv6";
    const id = `${PROTOCOLS[option]}/${where}${option === "-f" ? `/${family}` : ""}`;
    const { settings, destinations } = states.get(id) ?? { settings: rest, destinations: [] };
    const all = kind === "A" ? destinations : [...destinations, rest].toSorted();
    states.set(id, { settings, destinations: all });
  }
  return states;
}
