/** Something the user must know about one object: never thrown, always shown. */

/** What can be wrong, as a stable word for logs, status and metrics. */
export type FindingReason =
  | "bad-scheduler"
  | "scheduler-missing"
  | "bad-scheduler-flags"
  | "bad-drain-timeout"
  | "unknown-annotation"
  | "conflict"
  | "bad-address"
  | "bad-port"
  | "bad-protocol"
  | "no-endpoints"
  | "no-local-endpoints"
  | "address-taken"
  | "address-not-allowed"
  | "address-waits"
  | "bad-slice";

/** One thing to know about one Service (or slice); equal findings have equal texts. */
export interface Finding {
  /** `warning`: something asked for is not in force. `info`: in force, and worth a look. */
  readonly severity: "warning" | "info";
  readonly reason: FindingReason;
  /** `namespace/name` of the Service it is about. */
  readonly service: string;
  /** Field or annotation at fault, such as `metadata.annotations[kube-ipvs.io/scheduler]`; "" for the whole. */
  readonly field: string;
  /** What is wrong, what holds instead, and what to do: full sentences. */
  readonly message: string;
}
