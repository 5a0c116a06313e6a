/**
 * The other nodes: wanted only where some Service has external addresses, which must not be those of
 * another host. They change seldom, so they are listed now and then and not watched.
 */
import type { Clock } from "../../base/clock.ts";
import type { Change } from "../change.ts";
import { spreadMs } from "../spread.ts";
import type { ApiClient } from "./api-client.ts";
import { ApiError } from "./api-error.ts";
import { BackOff } from "./back-off.ts";
import type { Collection } from "./collection.ts";
import { listAll } from "./list.ts";

/** Time between two lists, and up to a tenth more. */
export const PEERS_MS = 600_000;

/** How often it is looked whether anybody wants them. */
const LOOK_MS = 5_000;

/** What it needs, and whom it tells. */
export interface PeersOptions {
  readonly client: Pick<ApiClient, "get">;
  /** Of all nodes; this one's own is told by its watch alone. */
  readonly collection: Collection;
  readonly clock: Clock;
  readonly nodeName: string;
  readonly wanted: () => boolean;
  /** Called with what differs after each list, and be it nothing. */
  readonly onChanges: (changes: readonly Change[]) => void;
  readonly onState: (error: ApiError | undefined) => void;
}

/** Lists the other nodes. */
export class Peers {
  readonly #options: PeersOptions;
  readonly #backOff: BackOff;
  #dueMs = Number.NEGATIVE_INFINITY;
  #isListed = false;
  /** The list that is under way. */
  #listing: Promise<void> | undefined;

  constructor(options: PeersOptions) {
    this.#options = options;
    this.#backOff = new BackOff(`${options.nodeName} peers`);
  }

  /** They were listed once. */
  get isListed(): boolean {
    return this.#isListed;
  }

  /** Lists them now when they are wanted and due; what fails is tried again later. Never rejects. */
  async refresh(signal: AbortSignal): Promise<void> {
    const { clock, wanted, onState } = this.#options;
    if (!wanted()) {
      onState(undefined);
      return;
    }
    if (clock.nowMs() < this.#dueMs) return;
    this.#listing ??= this.#tryToList(signal).finally(() => {
      this.#listing = undefined;
    });
    await this.#listing;
  }

  /** Works until `signal` is aborted. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#options.clock.sleep(LOOK_MS, signal);
      if (!signal.aborted) await this.refresh(signal);
    }
  }

  async #tryToList(signal: AbortSignal): Promise<void> {
    const { clock, nodeName, onState } = this.#options;
    try {
      await this.#list(signal);
      this.#isListed = true;
      const spread = spreadMs(`${nodeName} peers ${clock.wallMs()}`, PEERS_MS / 10);
      this.#dueMs = clock.nowMs() + PEERS_MS + spread;
      onState(undefined);
    } catch (error) {
      if (signal.aborted) return;
      this.#dueMs = clock.nowMs() + this.#backOff.nextMs(clock.nowMs());
      onState(error instanceof ApiError ? error : new ApiError("MALFORMED", String(error)));
    }
  }

  async #list(signal: AbortSignal): Promise<void> {
    const { client, collection, nodeName, onChanges } = this.#options;
    const replacing = collection.replace();
    await listAll(client, collection.resource, { onItem: replacing.item, signal });
    const changes = replacing.end();
    onChanges(changes.filter((one) => !(one.kind === "node" && one.name === nodeName)));
  }
}
