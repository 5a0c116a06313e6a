/**
 * The packet filter objects that keep clients out (`spec.loadBalancerSourceRanges`): while one of them is
 * missing its frontend is open to everybody. Known by their ids. Pure.
 */
import type { FilterObjectId, FilterSet } from "../model/packet-filter.ts";
import type { Protocol, SocketKey } from "../model/virtual-service.ts";

const SETS = ["source-ranges", "closed-to-node"] satisfies readonly FilterSet[];

/** Every source chain is one: only elements of source ranges jump to them. */
const BEGINNINGS = ["chain", ...SETS].flatMap((what) => [`ip ${what} `, `ip6 ${what} `]);

/** `192.0.2.1 . tcp . 80`, in the braces of an element's id. */
const FRONTEND = /\{ (\S+) \. (\S+) \. (\d+) \}$/;

/** True for an element of source ranges, and for a chain that such an element jumps to. */
export function isGuard(id: FilterObjectId): boolean {
  return BEGINNINGS.some((beginning) => id.startsWith(beginning));
}

/** The frontend that a guard is about; undefined for a chain, which several may share. */
export function guardedFrontend(guard: FilterObjectId): SocketKey | undefined {
  const [, address, protocol, port] = FRONTEND.exec(guard) ?? [];
  if (address === undefined) return undefined;
  return { protocol: protocol as Protocol, address, port: Number(port) };
}
