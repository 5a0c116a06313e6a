/** What a program on the node of a benchmark is told. */
import type { ClusterSize } from "../cluster.ts";

/** Who keeps the table. */
export type SubjectName = "kube-ipvs" | "kube-proxy";

/** One run. */
export interface NodeTask {
  readonly subject: SubjectName;
  /** Name of a scenario of `on-node.ts`. */
  readonly scenario: string;
  readonly size: ClusterSize;
  readonly server: { readonly url: string; readonly authority: string };
  readonly kubeconfig: string;
  /** `dist/main.js`. */
  readonly main: string;
}
