/** What a command gets instead of `process` and `console`, so that a test can hold all of it. */
import type { Kernel } from "../agent/kernel.ts";
import type { Clock } from "../base/clock.ts";
import type { Config } from "../config/config.ts";
import type { ConfigProblem } from "../config/config-error.ts";
import type { Surroundings } from "../config/load-config.ts";
import type { SysctlResult } from "../host/sysctl.ts";
import type { TakeOverKernel } from "../takeover/take-over.ts";
import type { Memory } from "./release-once-quiet.ts";

/** The outside of a command. */
export interface CliContext {
  /** What settings come from besides flags. */
  readonly surroundings: Surroundings;
  /** Flags that no command has: said together with the mistakes in the configuration. */
  readonly flagProblems: readonly ConfigProblem[];
  readonly clock: Clock;
  /** Standard output. */
  readonly write: (text: string) => void;
  /** Standard error: for people, not for pipes. */
  readonly warn: (text: string) => void;
  /** Opens the kernel; rejects with the typed errors of its parts. */
  readonly openKernel: () => Promise<OpenKernel>;
  /** Opens only what shows the table of virtual services. */
  readonly openTable: () => Promise<OpenTable>;
  /** Opens what kube-proxy may have left; throws the typed errors of its parts. */
  readonly openTakeOver: () => OpenTakeOver;
  /** Sets what the kernel and this process need, each only where it differs. */
  readonly prepareHost: (config: Config) => Promise<readonly SysctlResult[]>;
  /** That of this process. */
  readonly memory: Memory;
  /** The exit code of a command that did its work and has something to say by it. */
  readonly exitWith: (code: number) => void;
  /** Where logs go. */
  readonly logStream: { readonly fd: number; readonly isTTY?: boolean };
  /** Aborted when the process is asked to end. */
  readonly signal: AbortSignal;
}

/** The virtual services and the addresses that are bound for them. */
export interface OpenTable extends Pick<Kernel, "ipvs" | "link"> {
  close(): void;
}

/** The kernel with what `run` says of it at start, and a way to let go of it. */
export interface OpenKernel extends Kernel {
  close(): void;
}

/** The sides of the kernel in which kube-proxy's leftovers are. */
export interface OpenTakeOver extends TakeOverKernel {
  close(): void;
}
