/** `kube-ipvs0` by rtnetlink. Never touches a link that is no dummy, nor any other address than asked. */
import type { Address } from "../model/address.ts";
import { type AddressOperation, type OperationFailure, operationText } from "../model/operation.ts";
import { errnoName, errnoNumber, NetlinkError } from "../netlink/errors.ts";
import { loadLibrary } from "../netlink/library.ts";
import { Batch } from "../netlink/message.ts";
import {
  MESSAGES_PER_SEND_MAX,
  type MessageFailure,
  NETLINK,
  type NetlinkSocket,
  openSocket,
} from "../netlink/socket.ts";
import { HostError } from "./host-error.ts";
import {
  DUMMY,
  LINK_MESSAGE_BYTES,
  readAddresses,
  readLink,
  writeAddressOperation,
  writeGetAddresses,
  writeGetLink,
  writeNewDummy,
} from "./link-messages.ts";
import { SERVICE_INTERFACE, type ServiceInterface } from "./service-interface.ts";

const ENODEV = errnoNumber("ENODEV");
const EEXIST = errnoNumber("EEXIST");

/** Refusals of a deletion that mean: it is not there. ENXIO: the link has no IPv6 at all. */
const ABSENT = new Set([ENODEV, errnoNumber("EADDRNOTAVAIL"), errnoNumber("ENXIO")]);

/** Opens the link's client. Throws NativeLibraryError or NetlinkError. */
export function openServiceInterface(): ServiceInterface {
  return serviceInterfaceOver(openSocket(loadLibrary(), NETLINK.route));
}

/** The link's client over an open rtnetlink socket, which it then owns. */
export function serviceInterfaceOver(socket: NetlinkSocket): ServiceInterface {
  return new ServiceInterfaceClient(socket);
}

class ServiceInterfaceClient implements ServiceInterface {
  readonly #socket: NetlinkSocket;
  /** Number of our link when last looked at: others may delete it and make it again. */
  #index: number | undefined;

  constructor(socket: NetlinkSocket) {
    this.#socket = socket;
  }

  async ensure(): Promise<"created" | "present"> {
    if ((await this.#find()) !== undefined) return "present";
    const created = await this.#create();
    if ((await this.#find()) !== undefined) return created ? "created" : "present";
    throw new NetlinkError(`RTM_NEWLINK ${SERVICE_INTERFACE}`, ENODEV, {
      kernelText: "somebody deletes the link as soon as it is made",
    });
  }

  async addresses(): Promise<readonly Address[] | undefined> {
    const index = await this.#find();
    if (index === undefined) return undefined;
    const batch = new Batch(2 * LINK_MESSAGE_BYTES);
    writeGetAddresses(batch, index);
    try {
      return readAddresses(await this.#socket.dump("RTM_GETADDR", batch), index);
    } catch (err) {
      if (err instanceof NetlinkError && err.errno === ENODEV) return undefined;
      throw err;
    }
  }

  async write(operations: readonly AddressOperation[]): Promise<readonly OperationFailure[]> {
    if (operations.length === 0) return [];
    const all = operations.map((operation, index): Item => ({ operation, index }));
    const known = this.#index ?? (await this.#find());
    const refused = await this.#send(all, known);
    const gone = refused.filter(({ errno }) => errno === ENODEV).map(({ item }) => item);
    const found = gone.length > 0 ? await this.#find() : known;
    if (found === known) return toFailures(refused);
    // The link was replaced: what it refused goes to the new one.
    const again = await this.#send(gone, found);
    const others = refused.filter(({ errno }) => errno !== ENODEV);
    return toFailures([...others, ...again]).sort((a, b) => a.index - b.index);
  }

  close(): void {
    this.#socket.close();
  }

  /** The number of our link now, or undefined without one. Rejects when it is no dummy. */
  async #find(): Promise<number | undefined> {
    this.#index = undefined;
    const batch = new Batch(LINK_MESSAGE_BYTES);
    writeGetLink(batch, SERVICE_INTERFACE);
    try {
      const link = readLink(await this.#socket.request("RTM_GETLINK", batch));
      if (link !== undefined && link.kind !== DUMMY) throw wrongKind(link.kind);
      this.#index = link?.index;
      return link?.index;
    } catch (err) {
      if (err instanceof NetlinkError && err.errno === ENODEV) return undefined;
      throw err;
    }
  }

  /** False when somebody else was faster. */
  async #create(): Promise<boolean> {
    const batch = new Batch(LINK_MESSAGE_BYTES);
    writeNewDummy(batch, SERVICE_INTERFACE);
    const operation = `RTM_NEWLINK ${SERVICE_INTERFACE}`;
    const [failure] = await this.#socket.transact(operation, batch);
    if (failure === undefined) return true;
    if (failure.errno === EEXIST) return false;
    throw creationError(new NetlinkError(operation, failure.errno, failure));
  }

  /** Carries items out on link `index`; without one, all are refused with ENODEV. */
  async #send(items: readonly Item[], index: number | undefined): Promise<Refusal[]> {
    if (index === undefined) {
      return items.map((item) => ({ item, errno: ENODEV, kernelText: "" }));
    }
    const refusals: Refusal[] = [];
    for (let start = 0; start < items.length; start += MESSAGES_PER_SEND_MAX) {
      const part = items.slice(start, start + MESSAGES_PER_SEND_MAX);
      const batch = new Batch(part.length * LINK_MESSAGE_BYTES);
      for (const { operation } of part) writeAddressOperation(batch, operation, index);
      for (const failure of await this.#socket.transact("RTM_NEWADDR, RTM_DELADDR", batch)) {
        const item = part[failure.index];
        if (item) refusals.push({ item, errno: failure.errno, kernelText: failure.kernelText });
      }
    }
    return refusals;
  }
}

/** An operation with its position in what was asked. */
interface Item {
  readonly operation: AddressOperation;
  readonly index: number;
}

interface Refusal extends Omit<MessageFailure, "index"> {
  readonly item: Item;
}

/** The refusals that the caller has to know: those that leave things other than wanted. */
function toFailures(refusals: readonly Refusal[]): OperationFailure[] {
  return refusals.filter(isUnwanted).map(({ item, errno, kernelText }) => {
    const code = errnoName(errno);
    const detail = kernelText === "" ? "" : ` (${kernelText})`;
    const message = `${operationText(item.operation)}: ${code}${detail}`;
    return { index: item.index, code, message };
  });
}

function isUnwanted({ item, errno }: Refusal): boolean {
  return item.operation.kind === "add-address" ? errno !== EEXIST : !ABSENT.has(errno);
}

function wrongKind(kind: string): HostError {
  const what = kind === "" ? "a link that is no dummy" : `a ${kind} link, not a dummy`;
  return new HostError(
    "WRONG_LINK_KIND",
    `${SERVICE_INTERFACE} is ${what}: rename it or delete it with ` +
      `\`ip link delete ${SERVICE_INTERFACE}\`, it is not touched otherwise`,
  );
}

function creationError(cause: NetlinkError): Error {
  switch (cause.code) {
    case "EOPNOTSUPP":
      return new HostError(
        "NO_DUMMY_LINKS",
        "This kernel offers no dummy links: load their module with `modprobe dummy`, " +
          "or run a kernel built with CONFIG_DUMMY",
        { cause },
      );
    case "EPERM":
      return new HostError(
        "NO_PERMISSION",
        `The kernel refuses to create ${SERVICE_INTERFACE}: run as root or with the capability ` +
          "CAP_NET_ADMIN in the user namespace that owns this network namespace",
        { cause },
      );
    default:
      return cause;
  }
}
