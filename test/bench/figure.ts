/** What the benchmark inside the lab reports, line by line. */
import type { Spread } from "./spread.ts";

/** A first pass into an empty kernel, and what follows on it. */
export interface FullRun {
  readonly first: {
    readonly tookMs: number;
    /** What is left without the kernel: plan, merge, diff, mirror. */
    readonly otherMs: number;
    readonly ipvsWriteMs: number;
    readonly addressWriteMs: number;
    readonly filterWriteMs: number;
    readonly filterObjects: number;
    readonly readMs: number;
    readonly ipvsMessages: number;
    readonly addressMessages: number;
    readonly refused: number;
  };
  readonly idle: Spread;
  readonly change: Spread & { readonly changes: number; readonly messages: number };
  readonly restart: { readonly tookMs: number; readonly readMs: number; readonly messages: number };
}

/** Work of the kernel's side for some changes, all together. */
export interface Cost extends Spread {
  readonly changes: number;
  readonly ipvsMessages: number;
  readonly addressMessages: number;
  readonly filterObjects: number;
  readonly filterTransactions: number;
  /** Requests to connection tracking. */
  readonly forgets: number;
}

/** How soon the first Service works, and what changes of endpoints cost. */
export interface ChangesRun {
  readonly first: { readonly kubernetesMs: number; readonly allMs: number };
  /** An endpoint comes on another node; on this node; one of a UDP Service goes. */
  readonly costs: Readonly<Record<"elsewhere" | "local" | "udp", Cost>>;
}

interface FilterTimes {
  readonly allMs: number;
  readonly single: Spread;
}

/** Elements of the packet filter through our client, and by bare libnftables. */
export interface FilterRun {
  readonly elements: number;
  readonly floor: FilterTimes;
  readonly ours: FilterTimes;
}

/** The flows of one endpoint among many; reading alone is what it costs to find none. */
export interface ConntrackRun {
  readonly entries: number;
  readonly deleted: number;
  readonly readMs: number;
  readonly forgetMs: number;
}

/** One line that the program inside reports. */
export type Figure =
  | { readonly kind: "kernel"; readonly text: string }
  | {
      readonly kind: "floor";
      readonly what: "ipvs" | "addresses";
      readonly batch: number;
      readonly errors: number;
      readonly ms: number;
    }
  | { readonly kind: "full"; readonly value: FullRun }
  | { readonly kind: "changes"; readonly value: ChangesRun }
  | { readonly kind: "filter"; readonly value: FilterRun }
  | { readonly kind: "conntrack"; readonly value: ConntrackRun }
  | { readonly kind: "profile"; readonly value: readonly { function: string; percent: number }[] }
  | {
      readonly kind: "memory";
      readonly startToSyncMs: number;
      readonly firstSyncMs: number;
      readonly residentMb: number;
      readonly peakMb: number;
    };
