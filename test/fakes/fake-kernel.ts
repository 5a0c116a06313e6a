/**
 * A kernel in memory with the real one's manners, and with what only a fake can do: fail when told
 * to, lose its link, and count. The contract suite runs on it and on the real kernel alike.
 */
import type { ServiceInterface } from "../../src/host/service-interface.ts";
import type { Ipvs } from "../../src/ipvs/ipvs.ts";
import type { Address } from "../../src/model/address.ts";
import { type Operation, type OperationFailure, operationText } from "../../src/model/operation.ts";
import type { Destination, VirtualService } from "../../src/model/virtual-service.ts";
import { FakeConntrack } from "./fake-conntrack.ts";
import { FakeIpvs } from "./fake-ipvs.ts";
import { FakeNodeAddresses } from "./fake-node-addresses.ts";
import { FakePacketFilter } from "./fake-packet-filter.ts";
import { FakeServiceInterface } from "./fake-service-interface.ts";
import { FakeTable } from "./fake-table.ts";

/** The methods of all interfaces, by a name that tells them apart. */
export type FakeCall =
  | Exclude<keyof Ipvs, "close">
  | Exclude<keyof ServiceInterface, "close" | "write">
  | "writeAddresses"
  | "readFilter"
  | "setPodRanges"
  | "replaceFilter"
  | "writeFilter"
  | "forget"
  | "nodeAddresses";

/** `kube-ipvs0`, of any kind. */
export interface FakeLink {
  readonly kind: string;
  readonly addresses: Set<Address>;
}

/** An operation that reached the kernel, with the errno's name when it was refused. */
export interface SeenOperation {
  readonly operation: Operation;
  readonly code: string | undefined;
}

/** One network namespace. Fits where the agent wants its `Kernel`. */
export class FakeKernel {
  readonly ipvs: Ipvs;
  readonly link: ServiceInterface;
  readonly filter = new FakePacketFilter(this);
  readonly conntrack = new FakeConntrack(this);
  readonly nodeAddresses = new FakeNodeAddresses(this);
  readonly table = new FakeTable();
  /** False: this kernel cannot be asked for a scheduler. */
  canProbeSchedulers = true;
  /** How often each method was called. Reset with `clear()`. */
  readonly calls = new Map<FakeCall, number>();
  /** All writing messages in order, refused ones too. Reset by setting its length to 0. */
  readonly seen: SeenOperation[] = [];
  /** Which of the clients were closed. */
  readonly closed = new Set<"ipvs" | "link" | "filter" | "conntrack" | "nodeAddresses">();
  /** Asked before each operation: the name of an errno refuses it. */
  refuse: (operation: Operation) => string | undefined = () => undefined;
  /** Awaited at the start of each call: may wait, and what it throws the call throws. */
  before: (call: FakeCall) => Promise<void> | void = () => {};
  #serviceLink: FakeLink | undefined;

  constructor() {
    this.ipvs = new FakeIpvs(this);
    this.link = new FakeServiceInterface(this);
  }

  /** Writing messages so far, refused ones too. */
  get messages(): number {
    return this.seen.length;
  }

  get serviceLink(): FakeLink | undefined {
    return this.#serviceLink;
  }

  /** Somebody creates the link `kube-ipvs0`. */
  addLink(kind: string): void {
    this.#serviceLink = { kind, addresses: new Set() };
  }

  /** Somebody deletes the link, and its addresses with it. */
  deleteLink(): void {
    this.#serviceLink = undefined;
  }

  /** Somebody else adds a virtual service with destinations: not counted, not refused on demand. */
  addForeign(service: VirtualService, destinations: readonly Destination[]): void {
    const { key } = service;
    const codes = [
      this.table.apply({ kind: "add-service", service }),
      ...destinations.map((destination) =>
        this.table.apply({ kind: "add-destination", key, destination }),
      ),
    ];
    const code = codes.find((found) => found !== undefined);
    if (code !== undefined) throw new Error(`fake kernel refuses the foreign service: ${code}`);
  }

  /** For the fake clients: every call begins here. */
  async enter(call: FakeCall): Promise<void> {
    this.calls.set(call, (this.calls.get(call) ?? 0) + 1);
    // At least one turn, as a real call takes: callers that forget to await must be seen.
    await Promise.resolve();
    await this.before(call);
  }

  /** For the fake clients: carries operations out one by one and collects the refusals. */
  carryOut<T extends Operation>(
    operations: readonly T[],
    apply: (operation: T) => string | undefined,
  ): readonly OperationFailure[] {
    const failures: OperationFailure[] = [];
    operations.forEach((operation, index) => {
      const code = this.refuse(operation) ?? apply(operation);
      this.seen.push({ operation, code });
      if (code === undefined) return;
      failures.push({ index, code, message: `${operationText(operation)}: ${code}` });
    });
    return failures;
  }
}
