/** Every test of Kubernetes' own that ours are held against, unit tests first. */
import { networkingTests } from "./upstream-networking.ts";
import { otherUnitTests } from "./upstream-other-units.ts";
import { proxierTests } from "./upstream-proxier.ts";
import { serviceTests } from "./upstream-services.ts";
import type { UpstreamTest } from "./upstream-test.ts";

/** Tests of kube-proxy's IPVS backend, and end-to-end tests of a cluster's network. */
export const UPSTREAM: Readonly<Record<"unit" | "endToEnd", readonly UpstreamTest[]>> = {
  unit: [...proxierTests, ...otherUnitTests],
  endToEnd: [...serviceTests, ...networkingTests],
};
