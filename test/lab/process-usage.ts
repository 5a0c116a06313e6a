/** What a process of the lab has used so far, by the kernel's own count. */
import { readFileSync } from "node:fs";

/** `USER_HZ`: the same on every Linux that Node runs on. */
const TICKS_PER_S = 100;
/** Fields of `/proc/PID/stat` after the name, counted from `state`. */
const FIELD = { userTicks: 11, systemTicks: 12, childUserTicks: 13, childSystemTicks: 14 } as const;
const KB_PER_MB = 1_024;

/** One process. */
export interface ProcessUsage {
  /** Processor time, that of ended children included. */
  readonly processorS: number;
  readonly residentMb: number;
  /** The most that was ever resident. */
  readonly peakMb: number;
}

/** Throws when there is no such process. */
export function processUsage(pid: number | undefined): ProcessUsage {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const ticks = Object.values(FIELD).reduce((sum, index) => sum + Number(fields[index]), 0);
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  const megabytes = (name: string): number =>
    Number(new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(status)?.[1] ?? Number.NaN) / KB_PER_MB;
  return {
    processorS: ticks / TICKS_PER_S,
    residentMb: megabytes("VmRSS"),
    peakMb: megabytes("VmHWM"),
  };
}
