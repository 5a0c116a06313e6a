/** Which connection tracking entries a list of operations means. Reads entries; deletes nothing. */
import { type Family, familyOf, readAddress } from "../model/address.ts";
import type { ForgetFlows } from "../model/flows.ts";
import { socketText } from "../model/virtual-service.ts";
import { type Source, sourceOf } from "../netlink/codec.ts";
import { type EntryName, entryAttributes, originalPort, tupleAttributes } from "../netlink/ctnl.ts";
import type { Message } from "../netlink/message.ts";
import { NETFILTER_HEADER_BYTES } from "../netlink/nfnl.ts";

/** `IPPROTO_UDP`. */
export const UDP = 17;

/** Who must have answered for a flow to be meant: these sockets, or, when undefined, anybody. */
type Backends = Set<string> | undefined;

/** The operations of one address family, ready to be asked about very many entries. */
export class StaleEntries {
  readonly #family: Family;
  readonly #ports = new Set<number>();
  readonly #backends = new Map<string, Backends>();

  /** Takes those of `operations` that are of `family`. */
  constructor(family: Family, operations: readonly ForgetFlows[]) {
    this.#family = family;
    for (const { frontend, backend } of operations) {
      if (familyOf(frontend.address) !== family) continue;
      this.#ports.add(frontend.port);
      const key = socketText(frontend.address, frontend.port);
      const known = this.#backends.has(key) ? this.#backends.get(key) : new Set<string>();
      if (backend) known?.add(socketText(backend.address, backend.port));
      this.#backends.set(key, backend ? known : undefined);
    }
  }

  /** True when no entry is meant. */
  get isEmpty(): boolean {
    return this.#backends.size === 0;
  }

  /** The name of the entry that `message` tells of when it is meant, else undefined. */
  match(from: Source, message: Message): EntryName | undefined {
    // Nearly all entries end here: a node has hundreds of thousands of them.
    if (!this.#ports.has(originalPort(from, message))) return undefined;
    const start = message.start + NETFILTER_HEADER_BYTES;
    const { original, reply, id, zone } = entryAttributes.read(from, start, message.end);
    if (original === undefined || reply === undefined) return undefined;
    const tuple = tupleAttributes.read(sourceOf(original), 0, original.length);
    if (tuple.proto?.number !== UDP) return undefined;
    const frontend = this.#socket(tuple, "destination");
    if (frontend === undefined || !this.#backends.has(frontend)) return undefined;
    const backends = this.#backends.get(frontend);
    const answering = this.#socket(reply, "source");
    if (backends && (answering === undefined || !backends.has(answering))) return undefined;
    return { original, id, zone };
  }

  #socket({ ip, proto }: Tuple, side: "source" | "destination"): string | undefined {
    const bytes = ip?.[`${side}${this.#family === "ipv4" ? "4" : "6"}`];
    const port = proto?.[`${side}Port`];
    if (bytes === undefined || port === undefined) return undefined;
    return socketText(readAddress(this.#family, bytes, 0), port);
  }
}

type Tuple = ReturnType<typeof tupleAttributes.read>;
