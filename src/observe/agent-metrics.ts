/** Our own metrics: what the agent does and holds, under `kube_ipvs_`. Every label has few values. */
import { Counter, Gauge, type Registry } from "prom-client";
import type { Family } from "../model/address.ts";
import type { EventOutcome } from "../model/cluster-event.ts";
import type { Finding } from "../model/finding.ts";
import type { ForgetFlows } from "../model/flows.ts";
import type { Operation } from "../model/operation.ts";
import type { FilterOperation } from "../model/packet-filter.ts";

/** How a pass ended: `partly` when the kernel refused some of it, `failed` when it failed as a whole. */
export type PassOutcome = "succeeded" | "partly" | "failed";

/** Anything that a pass writes. */
export type OperationKind = (Operation | FilterOperation | ForgetFlows)["kind"];

/** What became of operations of one kind. */
export interface OperationCount {
  readonly kind: OperationKind;
  /** `skipped`: left out, because something they depend on was refused. */
  readonly result: "applied" | "refused" | "skipped";
  readonly count: number;
}

/** What can differ from what was written. */
export type DriftKind =
  | "virtual-service"
  | "destination"
  | "address"
  | "interface"
  | "packet-filter";

/** What the agent holds now. */
export interface HeldCounts {
  readonly virtualServices: Readonly<Record<Family, number>>;
  readonly destinations: Readonly<Record<Family, number>>;
  readonly addresses: Readonly<Record<Family, number>>;
  /** Elements of sets and maps, and source chains. */
  readonly filterObjects: Readonly<Record<Family, number>>;
  readonly services: number;
  /** Destinations that drain. */
  readonly drains: number;
  /** Refusals of the kernel that stand. */
  readonly refusals: number;
  /** What is wrong in the source of objects. */
  readonly sourceProblems: number;
  /** Every object is known, so that what is not wanted may be removed. */
  readonly isPictureComplete: boolean;
}

/** What never changes in a process. */
export interface BuildFacts {
  readonly version: string;
  readonly node: string;
  readonly kernel: string;
}

/** Takes note of what the agent does, and shows what it holds. */
export class AgentMetrics {
  readonly #passes;
  readonly #operations;
  readonly #findings;
  readonly #drift;
  readonly #events;
  readonly #leftovers;
  readonly #show: (held: HeldCounts) => void;

  constructor(registry: Registry, build: BuildFacts) {
    const registers = [registry];
    const counter = <Label extends string>(name: string, help: string, labelNames: Label[]) =>
      new Counter({ name: `kube_ipvs_${name}`, help, labelNames, registers });
    this.#passes = counter("passes_total", "Passes by how they ended", ["result"]);
    this.#operations = counter("operations_total", "Changes of the kernel", ["kind", "result"]);
    this.#drift = counter(
      "drift_repaired_total",
      "Differences between kernel and plan that the audit found and the next pass repaired",
      ["kind"],
    );
    this.#events = counter("events_total", "Events for users by what became of them", ["result"]);
    this.#findings = new Gauge({
      name: "kube_ipvs_findings",
      help: "What is wrong with Services now, or worth a look",
      labelNames: ["reason", "severity"],
      registers,
    });
    this.#leftovers = new Gauge({
      name: "kube_ipvs_kube_proxy_leftovers",
      help: "Chains and IP sets of kube-proxy that cannot be removed; they may refuse what is served now",
      registers,
    });
    new Gauge({
      name: "kube_ipvs_build_info",
      help: "1, with the version of kube-ipvs, Node and the kernel",
      labelNames: ["version", "node", "kernel"],
      registers,
    }).set({ ...build }, 1);
    this.#show = heldGauges(registry);
    for (const result of ["succeeded", "partly", "failed"]) this.#passes.inc({ result }, 0);
  }

  /** A pass ended, having written this. */
  ended(result: PassOutcome, operations: readonly OperationCount[]): void {
    this.#passes.inc({ result });
    for (const { kind, result: outcome, count } of operations) {
      this.#operations.inc({ kind, result: outcome }, count);
    }
  }

  /** A finding appeared (1), or is gone (-1). */
  found({ reason, severity }: Finding, change: 1 | -1): void {
    this.#findings.inc({ reason, severity }, change);
  }

  /** The kernel differed from what was written. */
  drifted(kind: DriftKind, count: number): void {
    this.#drift.inc({ kind }, count);
  }

  /** Shows what is held now; to be called before each scrape. */
  show(held: HeldCounts): void {
    this.#show(held);
  }

  /** So many chains and IP sets of kube-proxy stay. */
  left(count: number): void {
    this.#leftovers.set(count);
  }

  /** An event for users was told, or not. */
  told(outcome: EventOutcome): void {
    this.#events.inc({ result: outcome });
  }
}

function heldGauges(registry: Registry): (held: HeldCounts) => void {
  const registers = [registry];
  const plain = (name: string, help: string) =>
    new Gauge({ name: `kube_ipvs_${name}`, help, registers });
  const byFamily = (name: string, help: string) => {
    const labelNames = ["family"] as const;
    const gauge = new Gauge({ name: `kube_ipvs_${name}`, help, labelNames, registers });
    return (counts: Readonly<Record<Family, number>>): void => {
      for (const [family, count] of Object.entries(counts)) gauge.set({ family }, count);
    };
  };
  const showVirtualServices = byFamily("virtual_services", "Virtual services held");
  const showDestinations = byFamily("destinations", "Destinations held");
  const showAddresses = byFamily("addresses", "Addresses held on kube-ipvs0");
  const showFilterObjects = byFamily("filter_objects", "Elements and chains in the packet filter");
  const services = plain("services", "Services known");
  const drains = plain("draining_destinations", "Destinations that drain");
  const refusals = plain("refusals", "Refusals of the kernel that stand");
  const problems = plain("source_problems", "What is wrong where objects come from");
  const complete = plain("source_complete", "1 when every object is known");
  return (held) => {
    showVirtualServices(held.virtualServices);
    showDestinations(held.destinations);
    showAddresses(held.addresses);
    showFilterObjects(held.filterObjects);
    services.set(held.services);
    drains.set(held.drains);
    refusals.set(held.refusals);
    problems.set(held.sourceProblems);
    complete.set(Number(held.isPictureComplete));
  };
}
