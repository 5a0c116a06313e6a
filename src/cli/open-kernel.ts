/** Opens the sides of the kernel that the agent works on, or says in one sentence what is missing. */
import type { Clock } from "../base/clock.ts";
import { openConntrack } from "../conntrack/conntrack-client.ts";
import { openNodeAddresses } from "../host/node-addresses-client.ts";
import { hasNetAdmin, PROCESS_STATUS } from "../host/preflight.ts";
import { openServiceInterface } from "../host/service-interface-client.ts";
import { openIpvs } from "../ipvs/client.ts";
import { IpvsUnavailableError } from "../ipvs/ipvs-unavailable-error.ts";
import { openPacketFilter } from "../nft/nft-packet-filter.ts";
import type { OpenKernel, OpenTable } from "./context.ts";

/** Opens what shows the table. Rejects with typed errors: no library, no permission, no IPVS. */
export async function openTable(): Promise<OpenTable> {
  // Asked first: without the capability the kernel may answer as if it had no IPVS at all.
  if ((await hasNetAdmin(PROCESS_STATUS)) === false) {
    throw new IpvsUnavailableError("NO_PERMISSION");
  }
  const ipvs = await openIpvs();
  return closable({ ipvs, link: openServiceInterface() });
}

/** Opens all of it. Rejects with the typed errors of the parts. */
export async function openKernel(clock: Clock): Promise<OpenKernel> {
  const { ipvs, link, close } = await openTable();
  try {
    const filter = openPacketFilter({ clock });
    const nodeAddresses = openNodeAddresses({ clock });
    return closable({ ipvs, link, filter, conntrack: openConntrack(), nodeAddresses });
  } catch (error) {
    close();
    throw error;
  }
}

/** The parts as one that can be let go of. */
function closable<T extends Readonly<Record<string, { close(): void }>>>(
  parts: T,
): T & { close(): void } {
  const close = (): void => {
    for (const part of Object.values(parts)) part.close();
  };
  return { ...parts, close };
}
