/**
 * The addresses of the API server: what its URL says, and where answers came from. A Service that took one
 * would cut the node off from the API server, which alone could tell of the mend. Bounded.
 */
import { type Address, parseAddress } from "../../model/address.ts";

/** Addresses that are remembered for a name; the one that was not seen for longest goes. */
export const REMEMBERED_MAX = 16;

/** Remembers them for one server at a time. */
export class ServerAddresses {
  #server = "";
  #seen: readonly Address[] = [];

  /** Those of the server with this URL, in a stable order. */
  of(server: string): readonly Address[] {
    const host = URL.canParse(server) ? new URL(server).hostname : "";
    const literal = parseAddress(host.replace(/^\[|\]$/g, ""));
    const seen = server === this.#server ? this.#seen : [];
    return [...new Set([...(literal === undefined ? [] : [literal]), ...seen])].sort();
  }

  /** An answer of `server` came from `text`, as the socket names it; undefined where it is gone already. */
  answered(server: string, text: string | undefined): void {
    const address = text === undefined ? undefined : parseAddress(text);
    if (address === undefined) return;
    const before = server === this.#server ? this.#seen : [];
    if (server === this.#server && before.at(-1) === address) return;
    this.#server = server;
    this.#seen = [...before.filter((one) => one !== address), address].slice(-REMEMBERED_MAX);
  }
}
