/** All tests of ours that have the meaning of one of Kubernetes' own. */
import { apiCases } from "../e2e/api/all-cases.ts";
import { serviceCases } from "../e2e/services/all-cases.ts";
import { conformanceCases } from "../unit/conformance/all-cases.ts";
import { elsewhere } from "./elsewhere.ts";

/** One test, by the name that the runner tells. */
export interface OwnTest {
  readonly name: string;
  /** `unit` is everything that needs no kernel, `lab` the real agent on a real one. */
  readonly kind: "unit" | "lab";
  /** The ids of the tests with the same meaning; not empty. */
  readonly upstream: readonly string[];
}

/** In the order in which they run. */
export const OWN_TESTS: readonly OwnTest[] = [
  ...conformanceCases.map((one) => toOwn(one, "unit")),
  ...elsewhere,
  ...[...serviceCases, ...apiCases]
    .filter(({ upstream }) => upstream.length > 0)
    .map((one) => toOwn(one, "lab")),
];

function toOwn(
  { name, upstream }: { readonly name: string; readonly upstream: readonly string[] },
  kind: OwnTest["kind"],
): OwnTest {
  return { name, kind, upstream };
}
