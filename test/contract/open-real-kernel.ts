/** A real kernel for the contract: this process's network namespace, which must not be in use. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { SERVICE_INTERFACE } from "../../src/host/service-interface.ts";
import { openServiceInterface } from "../../src/host/service-interface-client.ts";
import { openIpvs } from "../../src/ipvs/client.ts";
import type { OpenKernel } from "./contract-case.ts";

const execute = promisify(execFile);

/** A kind of link that every kernel of the lab has, and that is no dummy. */
const FOREIGN_KIND = "veth";

/**
 * Opens the real clients. Rejects when the IPVS table is not empty: cases write and delete as they
 * like. Needs CAP_NET_ADMIN and the program `ip`.
 */
export async function openRealKernel(): Promise<OpenKernel> {
  const ipvs = await openIpvs();
  const link = openServiceInterface();
  const found = await ipvs.services();
  if (found.length > 0) {
    throw new Error(`this kernel's IPVS table is in use (${found.length} services): not touched`);
  }
  return {
    ipvs,
    link,
    addForeignLink: async () => {
      await execute("ip", ["link", "add", SERVICE_INTERFACE, "type", FOREIGN_KIND]);
      return FOREIGN_KIND;
    },
    deleteLink: async () => {
      await execute("ip", ["link", "delete", SERVICE_INTERFACE]);
    },
    dispose: async () => {
      const services = await ipvs.services();
      await ipvs.write(services.map(({ key }) => ({ kind: "delete-service", key })));
      ipvs.close();
      link.close();
      // Absent after most cases, which is as good as deleted.
      await execute("ip", ["link", "delete", SERVICE_INTERFACE]).catch(() => undefined);
    },
  };
}
