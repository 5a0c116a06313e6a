/** The real kernel for the contract suite: emptied by other tools than our own. */
import { SERVICE_INTERFACE } from "../../src/host/service-interface.ts";
import { openServiceInterface } from "../../src/host/service-interface-client.ts";
import { openIpvs } from "../../src/ipvs/client.ts";
import type { OpenKernel } from "../contract/contract-case.ts";
import { shell } from "../lab/shell.ts";

const DELETE_LINK = `ip link del ${SERVICE_INTERFACE}`;

/** Opens the kernel of the network namespace that this process is in. */
export async function openKernel(): Promise<OpenKernel> {
  const ipvs = await openIpvs();
  const link = openServiceInterface();
  return {
    ipvs,
    link,
    addForeignLink: async () => {
      await shell(`ip link add ${SERVICE_INTERFACE} type veth peer name foreign0`);
      return "veth";
    },
    deleteLink: async () => {
      await shell(DELETE_LINK);
    },
    dispose: async () => {
      ipvs.close();
      link.close();
      await shell(`ipvsadm -C; ${DELETE_LINK} 2>/dev/null || true`);
    },
  };
}
