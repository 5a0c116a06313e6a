/** What a program on the node of a benchmark is told. */
import type { ClusterSize } from "../cluster.ts";

/** Who keeps the table: ours, the real kube-proxy in a mode, or the mode that kube-proxy once had. */
export type SubjectName = "kube-ipvs" | "kube-proxy" | "iptables" | "nftables" | "userspace";

/** What is done there; `on-node.ts` has them. */
export type ScenarioName =
  | "life"
  | "list"
  | "watch"
  | "first-pass"
  | "churn"
  | "storm"
  | "trash"
  | "trash-watch"
  | "big-service"
  | "traffic";

/** One run. */
export interface NodeTask {
  readonly subject: SubjectName;
  readonly scenario: ScenarioName;
  readonly size: ClusterSize;
  readonly server: { readonly url: string; readonly authority: string };
  readonly kubeconfig: string;
  /** `dist/main.js`. */
  readonly main: string;
  /** `cold.ts` as a bundle. */
  readonly cold: string;
  /** `userspace-agent.ts` as a bundle. */
  readonly userspace: string;
}
