/**
 * Connection tracking by ctnetlink. Deletes entries one by one, each by its own name, and never without
 * one: the kernel takes a deletion that names nothing as a wish to delete all.
 */
import type { Family } from "../model/address.ts";
import type { ForgetFlows } from "../model/flows.ts";
import { CONNTRACK_MESSAGE_BYTES, writeDeleteEntry, writeGetEntries } from "../netlink/ctnl.ts";
import { errnoNumber, NetlinkError } from "../netlink/errors.ts";
import { loadLibrary } from "../netlink/library.ts";
import { Batch } from "../netlink/message.ts";
import { AF } from "../netlink/rtnl.ts";
import {
  MESSAGES_PER_SEND_MAX,
  NETLINK,
  type NetlinkSocket,
  openSocket,
} from "../netlink/socket.ts";
import type { Conntrack } from "./conntrack.ts";
import { StaleEntries, UDP } from "./stale-entries.ts";

const FAMILIES: readonly Family[] = ["ipv4", "ipv6"];

/** A deletion answers so when the entry ended by itself. */
const ENOENT = errnoNumber("ENOENT");

/** Some kernels of 5.8 know the filter of a dump and refuse every use of it. */
const FILTER_REFUSALS = new Set([errnoNumber("EOPNOTSUPP"), errnoNumber("EINVAL")]);

/** Opens the client. Throws NativeLibraryError or NetlinkError. */
export function openConntrack(): Conntrack {
  return conntrackOver(openSocket(loadLibrary(), NETLINK.netfilter));
}

/** The client over an open netfilter socket, which it then owns. */
export function conntrackOver(socket: NetlinkSocket): Conntrack {
  return new ConntrackClient(socket);
}

class ConntrackClient implements Conntrack {
  readonly #socket: NetlinkSocket;
  /** False once the kernel refused the filter. */
  #filters = true;

  constructor(socket: NetlinkSocket) {
    this.#socket = socket;
  }

  async forget(operations: readonly ForgetFlows[]): Promise<number> {
    let deleted = 0;
    for (const family of FAMILIES) {
      const stale = new StaleEntries(family, operations);
      if (stale.isEmpty) continue;
      const number = family === "ipv4" ? AF.inet : AF.inet6;
      for (const batch of await this.#deletions(number, stale)) deleted += await this.#send(batch);
    }
    return deleted;
  }

  close(): void {
    this.#socket.close();
  }

  /** One dump, of which only the deletions of what is meant are kept. */
  async #deletions(family: number, stale: StaleEntries): Promise<readonly Batch[]> {
    const question = new Batch(CONNTRACK_MESSAGE_BYTES);
    writeGetEntries(question, family, this.#filters ? UDP : undefined);
    const batches: Batch[] = [];
    try {
      await this.#socket.dumpInParts("IPCTNL_MSG_CT_GET", question, ({ from, messages }) => {
        for (const message of messages) {
          const name = stale.match(from, message);
          if (name) writeDeleteEntry(roomIn(batches), family, name);
        }
      });
    } catch (err) {
      if (!this.#filters || !(err instanceof NetlinkError) || !FILTER_REFUSALS.has(err.errno)) {
        throw err;
      }
      this.#filters = false;
      return this.#deletions(family, stale);
    }
    return batches;
  }

  /** Returns how many entries went. Rejects when one was refused for another reason than its end. */
  async #send(batch: Batch): Promise<number> {
    const operation = "IPCTNL_MSG_CT_DELETE";
    const failures = await this.#socket.transact(operation, batch);
    const failure = failures.find(({ errno }) => errno !== ENOENT);
    if (failure) throw new NetlinkError(operation, failure.errno, failure);
    return batch.count - failures.length;
  }
}

/** The last batch, or a new one when it is full. */
function roomIn(batches: Batch[]): Batch {
  const last = batches.at(-1);
  if (last && last.count < MESSAGES_PER_SEND_MAX) return last;
  const next = new Batch(CONNTRACK_MESSAGE_BYTES);
  batches.push(next);
  return next;
}
