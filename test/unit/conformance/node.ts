/** A node that is given Kubernetes objects as the API writes them, and what its kernel then holds. */
import type { KubernetesObject } from "@kubernetes/client-node";
import { Passes } from "../../../src/agent/passes.ts";
import { Store } from "../../../src/agent/store.ts";
import { parseObject } from "../../../src/kube/parse-object.ts";
import { fieldText } from "../../../src/kube/parsed-object.ts";
import { StringPool } from "../../../src/kube/string-pool.ts";
import { flowsText } from "../../../src/model/flows.ts";
import type { InterfaceAddress } from "../../../src/model/node-port-addresses.ts";
import { operationText } from "../../../src/model/operation.ts";
import type { FilterSet } from "../../../src/model/packet-filter.ts";
import { serviceId, type VirtualService } from "../../../src/model/virtual-service.ts";
import { NO_ADDRESSES, SURROUNDINGS } from "../../fakes/agent-surroundings.ts";
import { capturedLog } from "../../fakes/captured-log.ts";
import { FakeKernel } from "../../fakes/fake-kernel.ts";
import { picture } from "../../fakes/fake-source.ts";
import { ManualClock } from "../../fakes/manual-clock.ts";
import { PLAN_OPTIONS } from "../agent/node-under-test.ts";
import { NODE_NAME } from "./objects.ts";

/** Longer than any of these tests waits: nothing is read again meanwhile. */
const AUDIT_PERIOD_MS = 3_600_000;

/** What of a node is not as everywhere. */
export interface NodeOptions {
  /** By interface; none unless given. */
  readonly addresses?: Readonly<Record<string, readonly string[]>>;
  /** Where node ports are served; on all addresses when empty. */
  readonly nodePortRanges?: readonly string[];
  /** `ipvs.excludeCIDRs`. */
  readonly excludeRanges?: readonly string[];
  /** Its name; upstream's unless given. */
  readonly name?: string;
  /** That of an agent before this one. */
  readonly kernel?: FakeKernel;
}

/** One node with the real agent's passes over the fake kernel. */
export class Node {
  readonly kernel: FakeKernel;
  readonly clock = new ManualClock();
  readonly passes: Passes;
  readonly #store: Store;
  readonly #pool = new StringPool();

  constructor(options: NodeOptions = {}) {
    const { addresses = {}, nodePortRanges = [], excludeRanges = [] } = options;
    const { name: nodeName = NODE_NAME } = options;
    this.kernel = options.kernel ?? new FakeKernel();
    this.setAddresses(addresses);
    const nodePortAddresses =
      nodePortRanges.length === 0
        ? NO_ADDRESSES.nodePortAddresses
        : ({ kind: "selected", primary: false, ranges: nodePortRanges } as const);
    this.#store = new Store({ ...NO_ADDRESSES, nodeName, nodePortAddresses });
    this.#store.accept({ kind: "replaced", picture: picture([], []) });
    this.passes = new Passes({
      kernel: this.kernel,
      store: this.#store,
      clock: this.clock,
      log: capturedLog().log,
      planOptions: PLAN_OPTIONS,
      auditPeriodMs: AUDIT_PERIOD_MS,
      ...SURROUNDINGS,
      excludeRanges,
    });
  }

  /** Gives the interfaces these addresses. */
  setAddresses(addresses: Readonly<Record<string, readonly string[]>>): void {
    const found: InterfaceAddress[] = Object.entries(addresses).flatMap(([link, list]) =>
      list.map((address) => ({ address, link })),
    );
    this.kernel.nodeAddresses.set(found);
  }

  /** Takes new and changed objects, and brings the kernel up to date. */
  async sync(...objects: readonly KubernetesObject[]): Promise<void> {
    this.accept(...objects);
    await this.#pass();
  }

  /** The same when these objects are deleted. */
  async delete(...objects: readonly KubernetesObject[]): Promise<void> {
    this.withdraw(...objects);
    await this.#pass();
  }

  /** Learns that objects are deleted, and does nothing yet. */
  withdraw(...objects: readonly KubernetesObject[]): void {
    for (const object of objects) this.#accept(object, false);
  }

  /** Takes objects, and does nothing yet. */
  accept(...objects: readonly KubernetesObject[]): void {
    for (const object of objects) this.#accept(object, true);
  }

  /** Lets time pass, then does what is due. */
  async wait(ms: number): Promise<void> {
    await this.clock.advance(ms);
    await this.#pass();
  }

  /**
   * The virtual services, sorted: `tcp/10.20.30.41:80 -> 10.180.0.1:80`. A scheduler other than rr, an
   * affinity and a weight other than 1 are told; `for the cluster/ipv4` is what firewall marks lead to.
   */
  table(): string[] {
    const { table } = this.kernel;
    return table
      .services()
      .map((one) => {
        const found = table.destinations(one.key) ?? [];
        const destinations = found.map(({ address, port, weight }) => {
          const host = address.includes(":") ? `[${address}]` : address;
          return `${host}:${port}${weight === 1 ? "" : ` weight ${weight}`}`;
        });
        return [nameOf(one), "->", ...destinations.sort()].join(" ");
      })
      .sort();
  }

  /** The elements of one set or map of the packet filter, sorted: `10.1.0.1 . 10.1.0.1`, `KEY : VALUE`. */
  filter(set: FilterSet): string[] {
    const held = [...(this.kernel.filter.held?.values() ?? [])];
    return held
      .flatMap((object) => (object.kind === "element" && object.set === set ? [object] : []))
      .map(({ key, value }) => (value === "" ? key : `${key} : ${value}`))
      .sort();
  }

  /** The ranges that each chain of sources lets through. */
  sourceRanges(): string[] {
    const held = [...(this.kernel.filter.held?.values() ?? [])];
    return held.flatMap((object) => (object.kind === "source-chain" ? object.ranges : []));
  }

  /** The addresses on `kube-ipvs0`. */
  bound(): string[] {
    return [...(this.kernel.serviceLink?.addresses ?? [])].sort();
  }

  /** The flows forgotten since the last call. */
  forgotten(): string[] {
    return this.kernel.conntrack.forgotten.splice(0).map(flowsText);
  }

  /** Everything written since the last call. */
  wrote(): string[] {
    return this.kernel.seen.splice(0).map(({ operation }) => operationText(operation));
  }

  /** Health check ports with the number of endpoints on this node: `30000: 1`. */
  healthChecks(): string[] {
    const checks = [...this.passes.index.healthChecks()];
    return checks.map(({ port, localEndpoints }) => `${port}: ${localEndpoints}`).sort();
  }

  /** Reasons of all findings on the Service `ns1/svc1`. */
  findings(): string[] {
    return this.passes.index.findings("ns1/svc1").map(({ reason, field }) => `${reason} ${field}`);
  }

  /** As many as it takes: a burst is written in parts. */
  async #pass(): Promise<void> {
    for (let left = 1; left > 0; ) {
      const result = await this.passes.run();
      if (!result || result.refused.length > 0) {
        throw new Error(`the kernel refused: ${JSON.stringify(result)}`);
      }
      left = result.left;
    }
  }

  #accept(raw: KubernetesObject, isThere: boolean): void {
    const { object, problems, name = "" } = parseObject(raw, this.#pool);
    if (!object) {
      const lines = problems.map(({ path, message }) => `${fieldText(path)}: ${message}`);
      throw new Error(`${raw.kind} ${raw.metadata?.name} is refused: ${lines.join("; ")}`);
    }
    if (!isThere) this.#store.accept({ kind: object.kind, name, value: undefined });
    else this.#store.accept({ name, ...object });
  }
}

function nameOf({ key, settings }: VirtualService): string {
  const name = "mark" in key ? `for the cluster/${key.family}` : serviceId(key);
  const { scheduler, persistence } = settings;
  const said = [
    ...(scheduler === "rr" ? [] : [scheduler]),
    ...(persistence ? [`affinity ${persistence.timeoutS}`] : []),
  ];
  return said.length === 0 ? name : `${name} (${said.join(", ")})`;
}
