/** Opens both of the kernel's sides that the agent works on, or says in one sentence what is missing. */
import { hasNetAdmin, PROCESS_STATUS } from "../host/preflight.ts";
import { openServiceInterface } from "../host/service-interface-client.ts";
import { openIpvs } from "../ipvs/client.ts";
import { IpvsUnavailableError } from "../ipvs/ipvs-unavailable-error.ts";
import type { OpenKernel } from "./context.ts";

/** Rejects with the typed errors of the parts: no library, no permission, no IPVS. */
export async function openKernel(): Promise<OpenKernel> {
  // Asked first: without the capability the kernel may answer as if it had no IPVS at all.
  if ((await hasNetAdmin(PROCESS_STATUS)) === false) {
    throw new IpvsUnavailableError("NO_PERMISSION");
  }
  const ipvs = await openIpvs();
  const link = openServiceInterface();
  return {
    ipvs,
    link,
    close: () => {
      ipvs.close();
      link.close();
    },
  };
}
