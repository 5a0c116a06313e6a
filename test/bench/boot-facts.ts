/** What a boot of the lab was, for whoever reads its figures later. */
import { cpus, release } from "node:os";

/** What only the guest knows. */
export interface GuestFacts {
  /** Such as `6.1.172`. */
  readonly kernel: string;
  readonly processors: number;
}

/** One boot. */
export interface BootFacts extends GuestFacts {
  /** Such as `2026-11-23`. */
  readonly day: string;
  readonly engine: "namespace" | "uml";
}

/** Those of the kernel that this program runs on. */
export function guestFacts(): GuestFacts {
  return { kernel: release(), processors: cpus().length };
}

/** A boot of today. */
export function bootOfToday(engine: BootFacts["engine"], guest: GuestFacts): BootFacts {
  return { day: new Date().toISOString().slice(0, 10), engine, ...guest };
}

/** `Linux 6.1.172 in User-Mode Linux, one processor`. */
export function kernelText({ kernel, engine, processors }: BootFacts): string {
  const where = engine === "uml" ? "in User-Mode Linux" : "of the machine itself";
  return `Linux ${kernel} ${where}, ${processors === 1 ? "one processor" : `${processors} processors`}`;
}

/** When and on what it was measured; `what` names the part of the figures that each boot is of. */
export function measuredText(
  boots: readonly { readonly what: string; readonly boot: BootFacts }[],
): string {
  const kernels = unique(boots.map(({ boot }) => kernelText(boot)));
  const days = unique(boots.map(({ boot }) => boot.day)).sort();
  const [only] = days;
  const parts = days.map((day) => {
    const of = unique(boots.filter(({ boot }) => boot.day === day).map(({ what }) => what));
    return `on ${day}: ${of.join(", ")}`;
  });
  const when = days.length === 1 ? `on ${only}` : `(${parts.join("; ")})`;
  return `Measured in the lab ${when}: ${kernels.join("; ")}, a real kube-apiserver`;
}

function unique(texts: readonly string[]): string[] {
  return [...new Set(texts)];
}
