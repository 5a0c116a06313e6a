/**
 * The other nodes: wanted only where some Service has external addresses, which must not be those of
 * another host. They change seldom, so they are listed now and then and not watched: the list comes from
 * the server's memory, and the more nodes there are, the less often each of them asks.
 */
import type { Clock } from "../../base/clock.ts";
import type { Change } from "../change.ts";
import { spreadMs } from "../spread.ts";
import type { ApiClient } from "./api-client.ts";
import { ApiError } from "./api-error.ts";
import { BackOff } from "./back-off.ts";
import type { Collection } from "./collection.ts";
import { listAll } from "./list.ts";

/** Time between two lists, and up to a tenth more, in a cluster of {@link PEERS_SMALL} nodes or fewer. */
export const PEERS_MS = 600_000;

/** With more nodes than these the time grows as their number does, up to the longest. */
export const PEERS_SMALL = 500;
export const PEERS_MS_MAX = 4 * 3_600_000;

/** Part of that time which passes after a list before another one, when a new external address asks for it. */
const SOON_PARTS = 10;

/** Part of it over which the nodes spread what they all are asked for at one moment. */
const SPREAD_PARTS = 100;

/** So long after the first external address others wait for the first list. */
export const PEERS_WAIT_MS_MAX = 10_000;

/** A wait that nothing ends is looked after so often. */
const LOOK_MS_MAX = 60_000;

/** What it needs, and whom it tells. */
export interface PeersOptions {
  readonly client: Pick<ApiClient, "get">;
  /** Of all nodes; this one's own is told by its watch alone. */
  readonly collection: Collection;
  readonly clock: Clock;
  readonly nodeName: string;
  /** Called with what differs after each list, and with nothing when a wait is over. */
  readonly onChanges: (changes: readonly Change[]) => void;
  readonly onState: (error: ApiError | undefined) => void;
}

/** Lists the other nodes while they are wanted. */
export class Peers {
  readonly #options: PeersOptions;
  readonly #backOff: BackOff;
  readonly #ended = new AbortController();
  #wake = new AbortController();
  #isWanted = false;
  #dueMs = Number.NEGATIVE_INFINITY;
  #triedMs = Number.NEGATIVE_INFINITY;
  #isKnown = false;

  constructor(options: PeersOptions) {
    this.#options = options;
    this.#backOff = new BackOff(`${options.nodeName} peers`);
  }

  /** They are wanted, and were neither listed once nor waited for long enough. */
  get isAwaited(): boolean {
    return this.#isWanted && !this.#isKnown;
  }

  /** Some Service has an external address, or none has any more. */
  want(isWanted: boolean): void {
    if (isWanted === this.#isWanted) return;
    this.#isWanted = isWanted;
    if (!isWanted) this.#options.onState(undefined);
    else if (!this.#isKnown) void this.#limitWait();
    this.#wake.abort();
  }

  /** A Service has an external address that none had before: it may be that of a node which came since. */
  listSoon(): void {
    const { clock, nodeName } = this.#options;
    const nowMs = clock.nowMs();
    const soonMs = this.#triedMs + this.#periodMs() / SOON_PARTS;
    const spread = spreadMs(`${nodeName} soon ${clock.wallMs()}`, this.#periodMs() / SPREAD_PARTS);
    this.#dueMs = Math.min(this.#dueMs, Math.max(nowMs, soonMs) + spread);
    this.#wake.abort();
  }

  /** Works until `signal` is aborted. Never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    const end = (): void => {
      this.#ended.abort();
      this.#wake.abort();
    };
    signal.addEventListener("abort", end);
    if (signal.aborted) end();
    while (!signal.aborted) {
      this.#wake = new AbortController();
      const waitMs = this.#isWanted ? this.#dueMs - clock.nowMs() : LOOK_MS_MAX;
      if (waitMs > 0) await clock.sleep(Math.min(waitMs, LOOK_MS_MAX), this.#wake.signal);
      else await this.#tryToList(signal);
    }
    signal.removeEventListener("abort", end);
  }

  #periodMs(): number {
    const nodes = this.#options.collection.size;
    return Math.min(PEERS_MS * Math.max(1, nodes / PEERS_SMALL), PEERS_MS_MAX);
  }

  /** A server that does not tell of the other nodes does not keep external addresses away for ever. */
  async #limitWait(): Promise<void> {
    const { clock, onChanges } = this.#options;
    await clock.sleep(PEERS_WAIT_MS_MAX, this.#ended.signal);
    if (this.#isKnown || this.#ended.signal.aborted) return;
    this.#isKnown = true;
    onChanges([]);
  }

  async #tryToList(signal: AbortSignal): Promise<void> {
    const { clock, nodeName, onState } = this.#options;
    this.#triedMs = clock.nowMs();
    try {
      const changes = await this.#list(signal);
      this.#isKnown = true;
      const periodMs = this.#periodMs();
      const spread = spreadMs(`${nodeName} peers ${clock.wallMs()}`, periodMs / 10);
      this.#dueMs = clock.nowMs() + periodMs + spread;
      onState(undefined);
      this.#options.onChanges(changes);
    } catch (error) {
      if (signal.aborted) return;
      this.#dueMs = clock.nowMs() + this.#backOff.nextMs(clock.nowMs());
      onState(error instanceof ApiError ? error : new ApiError("MALFORMED", String(error)));
    }
  }

  async #list(signal: AbortSignal): Promise<readonly Change[]> {
    const { client, collection, nodeName } = this.#options;
    const replacing = collection.replace();
    const how = { onItem: replacing.item, signal, mayBeOld: true };
    await listAll(client, collection.resource, how);
    return replacing.end().filter((one) => !(one.kind === "node" && one.name === nodeName));
  }
}
