/**
 * The addresses of this node's interfaces by rtnetlink: all that the kernel lists, as kube-proxy takes
 * them, whatever their state (tentative, deprecated) and scope; only those of `kube-ipvs0` are no node's.
 * Changes nothing.
 */
import type { Clock } from "../base/clock.ts";
import { Settling } from "../base/settling.ts";
import type { InterfaceAddress } from "../model/node-port-addresses.ts";
import { sourceOf } from "../netlink/codec.ts";
import { loadLibrary } from "../netlink/library.ts";
import { Batch } from "../netlink/message.ts";
import { type Listener, type ListenOptions, listen } from "../netlink/multicast.ts";
import { RTNL_GROUP } from "../netlink/rtnl.ts";
import { NETLINK, type NetlinkSocket, openSocket } from "../netlink/socket.ts";
import {
  type LinkNames,
  noteChanges,
  readInterfaceAddresses,
  readLinkNames,
  writeGetAllAddresses,
  writeGetLinks,
} from "./address-messages.ts";
import type { NodeAddresses } from "./node-addresses.ts";
import { SERVICE_INTERFACE } from "./service-interface.ts";

/** Room for one question. */
const REQUEST_BYTES = 64;

/** What telling of changes needs. */
export interface NodeAddressesOptions {
  readonly clock: Clock;
}

/** Opens the client, which follows changes from now on. Throws NativeLibraryError or NetlinkError. */
export function openNodeAddresses(options: NodeAddressesOptions): NodeAddresses {
  const socket = openSocket(loadLibrary(), NETLINK.route);
  try {
    return nodeAddressesOver(socket, { ...options, listen });
  } catch (err) {
    socket.close();
    throw err;
  }
}

/** The client over an open rtnetlink socket, which it then owns, and a way to listen. */
export function nodeAddressesOver(
  socket: NetlinkSocket,
  options: NodeAddressesOptions & { readonly listen: (options: ListenOptions) => Listener },
): NodeAddresses {
  return new NodeAddressesClient(socket, options.clock, options.listen);
}

class NodeAddressesClient implements NodeAddresses {
  readonly #socket: NetlinkSocket;
  readonly #listen: (options: ListenOptions) => Listener;
  readonly #settling: Settling;
  readonly #listeners: (() => void)[] = [];
  #names: LinkNames = new Map();
  /** Undefined when listening has failed: whoever asks next starts it again. */
  #listener: Listener | undefined;
  #closed = false;

  constructor(socket: NetlinkSocket, clock: Clock, listenTo: (options: ListenOptions) => Listener) {
    this.#socket = socket;
    this.#listen = listenTo;
    const onSettled = (): void => {
      for (const listener of this.#listeners) listener();
    };
    this.#settling = new Settling({ clock, onSettled });
    this.#listener = this.#follow();
  }

  async current(): Promise<readonly InterfaceAddress[]> {
    if (!this.#closed) this.#listener ??= this.#follow();
    const links = new Batch(REQUEST_BYTES);
    writeGetLinks(links);
    const names = readLinkNames(await this.#socket.dump("RTM_GETLINK", links));
    this.#names = names;
    const addresses = new Batch(REQUEST_BYTES);
    writeGetAllAddresses(addresses);
    const answers = await this.#socket.dump("RTM_GETADDR", addresses);
    return readInterfaceAddresses(answers, names, SERVICE_INTERFACE);
  }

  onChange(listener: () => void): void {
    this.#listeners.push(listener);
  }

  close(): void {
    this.#closed = true;
    this.#settling.close();
    this.#listener?.close();
    this.#socket.close();
  }

  #follow(): Listener {
    return this.#listen({
      family: NETLINK.route,
      groups: [RTNL_GROUP.link, RTNL_GROUP.inetAddress, RTNL_GROUP.inet6Address],
      onDatagram: (bytes) => {
        if (noteChanges(sourceOf(bytes), this.#names, SERVICE_INTERFACE)) this.#settling.note();
      },
      onLost: () => this.#settling.note(),
      // Told as a change: who then asks learns, by a rejection, when listening cannot begin again.
      onError: () => {
        this.#listener = undefined;
        this.#settling.note();
      },
    });
  }
}
