/**
 * How to ask the kernel for a scheduler without creating anything: a request that is refused either
 * way, for a reason that gives the answer away. Depends on the order of checks in
 * `ip_vs_add_service`, which has been the same since IPVS speaks generic netlink: first the scheduler
 * (its module is loaded when there is one), then the prefix length of an IPv6 service.
 */
import type { SchedulerName } from "../model/scheduler.ts";
import type { MarkKey, VirtualService } from "../model/virtual-service.ts";
import { errnoName, NetlinkError } from "../netlink/errors.ts";
import type { MessageFailure } from "../netlink/socket.ts";

/** A mark that nobody uses: were it taken, the kernel would answer EEXIST before it looks further. */
export const PROBE_KEY: MarkKey = { mark: 0xffff_fffe, family: "ipv6" };

/** Prefix length 0, which the kernel refuses for IPv6. */
const REFUSED_PREFIX = { timeoutS: 0, prefixLength: 0, engine: "" };

/** The service whose refusal tells whether `scheduler` is there. */
export function schedulerProbe(scheduler: SchedulerName): VirtualService {
  return {
    key: PROBE_KEY,
    settings: { scheduler, schedulerFlags: [], onePacket: false, persistence: REFUSED_PREFIX },
  };
}

/**
 * What the refusal says: EINVAL came after the scheduler was found, ENOENT is the scheduler. Undefined
 * where IPVS has no IPv6 or somebody uses the mark. Throws NetlinkError for any other refusal.
 */
export function schedulerVerdict(
  name: SchedulerName,
  failure: MessageFailure,
): boolean | undefined {
  switch (errnoName(failure.errno)) {
    case "EINVAL":
      return true;
    case "ENOENT":
      return false;
    case "EAFNOSUPPORT":
    case "EEXIST":
      return undefined;
    default:
      throw new NetlinkError(`IPVS_CMD_NEW_SERVICE asking for ${name}`, failure.errno, failure);
  }
}
