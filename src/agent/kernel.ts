/** The kernel as the agent sees it: the parts that a test replaces by one fake. */
import type { ServiceInterface } from "../host/service-interface.ts";
import type { Ipvs } from "../ipvs/ipvs.ts";

/** What a pass reads and writes. */
export interface Kernel {
  readonly ipvs: Ipvs;
  readonly link: ServiceInterface;
}
