/** Why there is no IPVS to talk to: one sentence each on what is missing and how to get it. */

/** `NO_IPVS`: the kernel has none. `NO_PERMISSION`: it has, and refuses this process. */
export type IpvsUnavailableCode = "NO_IPVS" | "NO_PERMISSION";

const SENTENCES = {
  NO_IPVS:
    "This kernel offers no IPVS: load its module with `modprobe ip_vs`, " +
    "or run a kernel built with CONFIG_IP_VS",
  NO_PERMISSION:
    "The kernel refuses to show or change IPVS: run as root or with the capability CAP_NET_ADMIN " +
    "in the user namespace that owns this network namespace",
} as const satisfies Record<IpvsUnavailableCode, string>;

/** IPVS cannot be used at all here; the message is for the user as it is. */
export class IpvsUnavailableError extends Error {
  override readonly name = "IpvsUnavailableError";
  readonly code: IpvsUnavailableCode;

  constructor(code: IpvsUnavailableCode, options?: ErrorOptions) {
    super(SENTENCES[code], options);
    this.code = code;
  }
}
