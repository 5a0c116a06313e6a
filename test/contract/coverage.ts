/**
 * Counts what a suite has really exercised: each kind of write, on a target that was present, absent,
 * or without the service or link that would hold it. It watches the calls; nobody declares anything.
 */
import type { ServiceInterface } from "../../src/host/service-interface.ts";
import type { Ipvs } from "../../src/ipvs/ipvs.ts";
import type {
  AddressOperation,
  IpvsOperation,
  OperationFailure,
} from "../../src/model/operation.ts";
import { destinationId, serviceId } from "../../src/model/virtual-service.ts";
import type { OpenKernel } from "./contract-case.ts";

/** What the suite writes; the packet filter has a suite of its own. */
type Operation = IpvsOperation | AddressOperation;

/** State of an operation's target before it; `orphan`: what should hold the target is absent. */
type Before = "present" | "absent" | "orphan";

const DESTINATION_STATES: readonly Before[] = ["present", "absent", "orphan"];

/** Every kind with the states it can meet. A new kind does not compile until it is here. */
const EXPECTED: Record<Operation["kind"], readonly Before[]> = {
  "add-service": ["present", "absent"],
  "set-service": ["present", "absent"],
  "delete-service": ["present", "absent"],
  "add-destination": DESTINATION_STATES,
  "set-destination": DESTINATION_STATES,
  "delete-destination": DESTINATION_STATES,
  "add-address": DESTINATION_STATES,
  "delete-address": DESTINATION_STATES,
};

/** Watches kernels and remembers across all of them. */
export class Coverage {
  readonly #exercised = new Set<string>();

  /** The pairs that no case has exercised yet, such as `add-service present`. */
  missing(): string[] {
    return Object.entries(EXPECTED)
      .flatMap(([kind, states]) => states.map((state) => `${kind} ${state}`))
      .filter((pair) => !this.#exercised.has(pair));
  }

  /** The same kernel, watched. It must be empty: what it holds is deduced from the calls. */
  watch(kernel: OpenKernel): OpenKernel {
    const held = new Set<string>();
    return {
      ...kernel,
      ipvs: watchWrites<Ipvs>(kernel.ipvs, (operations, failures) =>
        this.#record(held, operations, failures),
      ),
      link: watchEnsure(
        watchWrites<ServiceInterface>(kernel.link, (operations, failures) =>
          this.#record(held, operations, failures),
        ),
        () => held.add(LINK),
      ),
      deleteLink: async () => {
        await kernel.deleteLink();
        held.delete(LINK);
        for (const id of held) if (id.startsWith(`${LINK} `)) held.delete(id);
      },
    };
  }

  #record(
    held: Set<string>,
    operations: readonly Operation[],
    failures: readonly OperationFailure[],
  ): void {
    const failed = new Set(failures.map(({ index }) => index));
    operations.forEach((operation, index) => {
      const { holder, target } = placeOf(operation);
      const orphan = holder !== undefined && !held.has(holder);
      const state: Before = orphan ? "orphan" : held.has(target) ? "present" : "absent";
      this.#exercised.add(`${operation.kind} ${state}`);
      if (!failed.has(index)) settle(held, operation, target);
    });
  }
}

const LINK = "link";

/** The names of the target and of what holds it. A held name starts with its holder's. */
function placeOf(operation: Operation): { holder: string | undefined; target: string } {
  if ("address" in operation) return { holder: LINK, target: `${LINK} ${operation.address}` };
  if ("destination" in operation) {
    const holder = serviceId(operation.key);
    return { holder, target: `${holder} ${destinationId(operation.destination)}` };
  }
  const key = "service" in operation ? operation.service.key : operation.key;
  return { holder: undefined, target: serviceId(key) };
}

function settle(held: Set<string>, { kind }: Operation, target: string): void {
  if (kind.startsWith("add-")) held.add(target);
  if (!kind.startsWith("delete-")) return;
  held.delete(target);
  for (const id of held) if (id.startsWith(`${target} `)) held.delete(id);
}

interface Writer<T> {
  write(operations: readonly T[]): Promise<readonly OperationFailure[]>;
}

function watchWrites<C extends Ipvs | ServiceInterface>(
  client: C,
  record: (operations: readonly Operation[], failures: readonly OperationFailure[]) => void,
): C {
  const writer = client as Writer<Operation>;
  const write = async (operations: readonly Operation[]): Promise<readonly OperationFailure[]> => {
    const failures = await writer.write(operations);
    record(operations, failures);
    return failures;
  };
  return proxied(client, { write });
}

function watchEnsure(link: ServiceInterface, done: () => void): ServiceInterface {
  const ensure = async (): Promise<"created" | "present"> => {
    const outcome = await link.ensure();
    done();
    return outcome;
  };
  return proxied(link, { ensure });
}

/** `client` with some methods replaced; the others keep their `this`. */
function proxied<C extends object>(client: C, replaced: object): C {
  return new Proxy(client, {
    get(target, name) {
      const value: unknown = Reflect.get(Object.hasOwn(replaced, name) ? replaced : target, name);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}
