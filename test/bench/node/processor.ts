/** The processor and the kernel's memory of the whole lab, by /proc. */
import { readFileSync } from "node:fs";

/** `USER_HZ`: the same on every Linux that Node runs on. */
const TICKS_PER_S = 100;
/** Of the first line of `/proc/stat`: user, nice, system, idle, iowait, irq, softirq, steal. */
const IDLE = [3, 4];
const COUNTED = 8;
const KB_PER_MB = 1_024;
/** What tables of the kernel are made of. */
const KERNEL_MEMORY = ["SUnreclaim", "VmallocUsed", "Percpu"];

/** Seconds that the processor was busy, with whatever, since the boot. */
export function busyS(): number {
  const [line = ""] = readFileSync("/proc/stat", "utf8").split("\n");
  const ticks = line
    .trim()
    .split(/\s+/)
    .slice(1, 1 + COUNTED)
    .map(Number);
  const busy = ticks.filter((_, index) => !IDLE.includes(index));
  return busy.reduce((sum, value) => sum + value, 0) / TICKS_PER_S;
}

/** Memory that the kernel has taken for itself, in MB. */
export function kernelMb(): number {
  const text = readFileSync("/proc/meminfo", "utf8");
  const kilobytes = KERNEL_MEMORY.map((name) =>
    Number(new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(text)?.[1] ?? 0),
  );
  return kilobytes.reduce((sum, value) => sum + value, 0) / KB_PER_MB;
}
