/** A case of the end-to-end suite that does something to the cluster itself. */
import type { ApiCluster } from "../../lab/api-cluster.ts";
import type { Harness } from "../harness/harness.ts";
import type { ServiceCase } from "../harness/service-case.ts";

/** A case that gets the cluster beside the node. */
export interface ApiCase extends Omit<ServiceCase, "run"> {
  run(harness: Harness, cluster: ApiCluster): Promise<void>;
}
