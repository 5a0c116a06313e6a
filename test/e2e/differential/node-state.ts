/** What a proxy has made of a cluster: the IPVS table and the bound addresses, as data to be compared. */
import { ipvsTable } from "../../lab/ipvs-table.ts";
import { shell } from "../../lab/shell.ts";

/** One virtual service in words: everything in it counts. */
export interface ServiceState {
  readonly scheduler: string;
  readonly options: string;
  /** `10.1.0.1:8080 weight 1`, sorted. */
  readonly destinations: readonly string[];
}

/** A node. */
export interface NodeState {
  /** By `tcp/10.96.0.10:80`, or `mark/NUMBER`. */
  readonly services: ReadonlyMap<string, ServiceState>;
  /** On `kube-ipvs0`, sorted. */
  readonly addresses: readonly string[];
}

/** Reads it; what the suite itself needs is left out. */
export async function nodeState(isOurs: (id: string) => boolean): Promise<NodeState> {
  const services = new Map<string, ServiceState>();
  for (const [id, { scheduler, options, destinations }] of ipvsTable()) {
    const words = [...destinations].map(([where, { weight }]) => `${where} weight ${weight}`);
    if (isOurs(id)) services.set(id, { scheduler, options, destinations: words.toSorted() });
  }
  const text = await shell("ip -o addr show dev kube-ipvs0");
  const addresses = [...text.matchAll(/inet6? ([^ /]+)/g)].map(([, address = ""]) => address);
  return {
    services,
    addresses: addresses.filter((address) => !address.startsWith("fe80:")).toSorted(),
  };
}
