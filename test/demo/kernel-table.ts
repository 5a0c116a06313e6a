/**
 * The kernel's IPVS table as /proc shows it: an eye on the kernel that has nothing of kube-ipvs in it
 * and costs a fraction of a millisecond. IPv4 only.
 */
import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

const PATH = "/proc/net/ip_vs";
/** Between two looks; the guest's one processor has to do the work that is waited for as well. */
const LOOK_MS = 1;

/** One destination. */
export interface KernelDestination {
  readonly weight: number;
  readonly active: number;
}

/** One virtual service. */
export interface KernelService {
  readonly scheduler: string;
  /** By `10.1.0.1:8080`. */
  readonly destinations: ReadonlyMap<string, KernelDestination>;
}

/** The TCP service at a socket such as `10.96.0.10:80`, or undefined when the kernel has none there. */
export function kernelService(socket: string): KernelService | undefined {
  const wanted = hexOf(socket);
  const destinations = new Map<string, KernelDestination>();
  let scheduler: string | undefined;
  let isWanted = false;
  for (const line of readFileSync(PATH, "latin1").split("\n")) {
    const [first, where = "", third, weight, active] = line.trim().split(/ +/);
    if (first !== "->") {
      isWanted = first === "TCP" && where === wanted;
      if (isWanted) scheduler = third;
    } else if (isWanted) {
      destinations.set(textOf(where), { weight: Number(weight), active: Number(active) });
    }
  }
  return scheduler === undefined ? undefined : { scheduler, destinations };
}

/** How long something took to be seen. */
export interface Seen {
  readonly tookMs: number;
  /** Between the last look that did not see it and the one that did: `tookMs` is too long by less. */
  readonly gapMs: number;
}

/**
 * Looks again and again until `is` says yes, and returns the time since `sinceMs` (performance.now).
 * Rejects after `msMax`.
 */
export async function untilSeen(
  what: string,
  is: () => boolean,
  { sinceMs, msMax }: { readonly sinceMs: number; readonly msMax: number },
): Promise<Seen> {
  let gapMs = 0;
  let lookedMs = performance.now();
  while (!is()) {
    if (performance.now() - sinceMs > msMax) throw new Error(`not within ${msMax} ms: ${what}`);
    await sleep(LOOK_MS);
    gapMs = performance.now() - lookedMs;
    lookedMs = performance.now();
  }
  return { tookMs: performance.now() - sinceMs, gapMs };
}

/** `0A60000A:0050` for `10.96.0.10:80`. */
function hexOf(socket: string): string {
  const [address = "", port = ""] = socket.split(":");
  const bytes = address.split(".").map((byte) => hex(Number(byte), 2));
  return `${bytes.join("")}:${hex(Number(port), 4)}`;
}

function textOf(socket: string): string {
  const [address = "", port = ""] = socket.split(":");
  const bytes = address.match(/../g) ?? [];
  return `${bytes.map((byte) => Number.parseInt(byte, 16)).join(".")}:${Number.parseInt(port, 16)}`;
}

function hex(number: number, digits: number): string {
  return number.toString(16).toUpperCase().padStart(digits, "0");
}
