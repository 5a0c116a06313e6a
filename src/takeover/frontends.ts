/**
 * The virtual services that kube-proxy's IP sets name: those of node ports, of external addresses and of load
 * balancers. On an address that the node itself has nothing else tells them from what others made.
 */
import { type Family, familyOf } from "../model/address.ts";
import { type Protocol, type SocketKey, serviceId } from "../model/virtual-service.ts";
import type { IpSets, SetMember } from "./ip-sets.ts";
import { FRONTEND_SETS, type FrontendSet } from "./kube-proxy-names.ts";

/** `IPPROTO_*` of what IPVS balances. */
const PROTOCOLS: ReadonlyMap<number | undefined, Protocol> = new Map([
  [6, "tcp"],
  [17, "udp"],
  [132, "sctp"],
]);

/** Reads them. The answer is true of a virtual service that they name. Rejects as {@link IpSets} do. */
export async function kubeProxyFrontends(ipSets: IpSets): Promise<(key: SocketKey) => boolean> {
  const present = new Set(await ipSets.names());
  const named = new Set<string>();
  for (const set of FRONTEND_SETS.filter(({ name }) => present.has(name))) {
    for (const member of await ipSets.members(set.name)) named.add(textOf(set, member));
  }
  return (key) =>
    named.has(serviceId(key)) ||
    named.has(nodePortText(familyOf(key.address), key.protocol, key.port));
}

/** What a member names, as text; "" for nothing. */
function textOf(
  { family, nodePorts }: FrontendSet,
  { address, protocol: number, port }: SetMember,
): string {
  if (port === undefined) return "";
  if (nodePorts) return nodePortText(family, nodePorts, port);
  const protocol = PROTOCOLS.get(number);
  if (address === undefined || protocol === undefined) return "";
  return serviceId({ protocol, address, port });
}

function nodePortText(family: Family, protocol: Protocol, port: number): string {
  return `${family} ${protocol} ${port}`;
}
