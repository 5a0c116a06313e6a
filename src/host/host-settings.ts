/** Everything that the configuration sets in the kernel by file: which settings, where, and applied. */
import {
  type ConntrackLimits,
  conntrackModuleSettings,
  conntrackSysctls,
} from "./conntrack-wishes.ts";
import {
  applySysctls,
  MODULE_ROOT,
  PROCESS_ROOT,
  SYSCTL_ROOT,
  type SysctlResult,
} from "./sysctl.ts";
import { sysctlWishes } from "./sysctl-wishes.ts";

/** What decides about the settings. */
export interface HostSettings {
  /** Of the kernel, as `uname -r` tells it. */
  readonly release: string;
  /** Processors that this process may use. */
  readonly cpuCount: number;
  readonly strictArp: boolean;
  readonly conntrack: ConntrackLimits;
  /** -1000 (never killed for memory) to 1000. */
  readonly oomScoreAdj: number;
}

/** Where settings are; tests have their own. */
export interface SettingRoots {
  readonly sysctl: string;
  readonly module: string;
  readonly process: string;
}

const ROOTS: SettingRoots = { sysctl: SYSCTL_ROOT, module: MODULE_ROOT, process: PROCESS_ROOT };

/**
 * Makes all settings true and says what came of each, in order. Never rejects; a setting that failed
 * says why, and how much that matters is the caller's to decide.
 */
export async function applyHostSettings(
  { release, cpuCount, strictArp, conntrack, oomScoreAdj }: HostSettings,
  roots: SettingRoots = ROOTS,
): Promise<readonly SysctlResult[]> {
  const sysctls = [
    ...sysctlWishes(release, { strictArp }),
    ...conntrackSysctls(conntrack, cpuCount),
  ];
  const oomScore = {
    name: "oom_score_adj",
    value: String(oomScoreAdj),
    why: "how soon the kernel ends this process when memory is short",
  };
  return [
    ...(await applySysctls(sysctls, roots.sysctl)),
    ...(await applySysctls(conntrackModuleSettings(conntrack, cpuCount), roots.module)),
    ...(await applySysctls([oomScore], roots.process)),
  ];
}
