/**
 * Keeps one collection equal to the server's: a list, at the head of a watch or in pages, then watches from there
 * on. Whatever fails is tried again, and what is known stays meanwhile; a list that comes later is told as its
 * differences.
 */
import type { Clock } from "../../base/clock.ts";
import type { Change } from "../change.ts";
import { spreadMs } from "../spread.ts";
import type { ApiClient } from "./api-client.ts";
import { ApiError } from "./api-error.ts";
import { BackOff } from "./back-off.ts";
import type { Collection, Replacement } from "./collection.ts";
import { listAll } from "./list.ts";
import { ListWay } from "./list-way.ts";
import { type WatchEvent, watch } from "./watch.ts";

/** The server ends a watch after this long, and up to twice that, as client-go asks. */
const WATCH_S_MIN = 300;

/** What a reflector needs, and whom it tells. */
export interface ReflectorOptions {
  readonly client: Pick<ApiClient, "get" | "stream" | "server">;
  readonly collection: Collection;
  readonly clock: Clock;
  /** Tells this node's waits from those of other nodes. */
  readonly nodeName: string;
  /**
   * Called with what differs after each list and each read of a watch; with nothing, too, since what is
   * wrong with single objects may be other than before.
   */
  readonly onChanges: (changes: readonly Change[]) => void;
  /** Called with what is wrong with the connection; undefined: all is well again. */
  readonly onState: (error: ApiError | undefined) => void;
}

/** One collection's loop. */
export class Reflector {
  readonly #options: ReflectorOptions;
  readonly #backOff: BackOff;
  /** Where to watch from; undefined: a list is due. */
  #version: string | undefined;
  #watches = 0;
  readonly #listWay = new ListWay();

  constructor(options: ReflectorOptions) {
    this.#options = options;
    this.#backOff = new BackOff(`${options.nodeName} ${options.collection.resource.name}`);
  }

  /** Works until `signal` is aborted; never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    while (!signal.aborted) {
      try {
        const isInPages = this.#version === undefined && !this.#listWay.isByWatch;
        await (isInPages ? this.#list(signal) : this.#watch(this.#version, signal));
      } catch (error) {
        if (signal.aborted) return;
        if (this.#isFault(asApiError(error))) {
          await clock.sleep(this.#backOff.nextMs(clock.nowMs()), signal);
        }
      }
    }
  }

  /** Takes note of what went wrong. False where there is nothing to wait for. */
  #isFault(error: ApiError): boolean {
    // As every older server does: nobody is told.
    if (this.#version === undefined && this.#listWay.failed(error)) return false;
    if (needsList(error)) this.#version = undefined;
    // That a version grew too old is the way of things, not a fault to be told.
    if (error.code !== "EXPIRED") this.#options.onState(error);
    return true;
  }

  async #list(signal: AbortSignal): Promise<void> {
    const { client, collection } = this.#options;
    const list = collection.replace();
    const version = await listAll(client, collection.resource, { onItem: list.item, signal });
    this.#listed(list, version);
  }

  #listed(list: Replacement, version: string): void {
    const { onChanges, onState } = this.#options;
    const changes = list.end();
    this.#version = version;
    this.#listWay.listed();
    onState(undefined);
    onChanges(changes);
  }

  /** `resourceVersion`: undefined for a watch that begins with the list. */
  async #watch(resourceVersion: string | undefined, signal: AbortSignal): Promise<void> {
    const { client, collection, clock, nodeName, onState } = this.#options;
    const { resource } = collection;
    this.#watches += 1;
    const spreadS = spreadMs(`${nodeName} ${resource.name} ${this.#watches}`, WATCH_S_MIN);
    const timeoutS = WATCH_S_MIN + spreadS;
    const startMs = clock.nowMs();
    let list = resourceVersion === undefined ? collection.replace() : undefined;
    let changes = 0;
    for await (const batch of watch({ client, resource, signal, resourceVersion, timeoutS })) {
      const later = list ? this.#takeState(list, batch) : batch;
      if (later === undefined) continue;
      list = undefined;
      onState(undefined);
      changes += later.filter(({ type }) => type !== "BOOKMARK").length;
      this.#take(later);
    }
    if (list) {
      throw new ApiError("MALFORMED", `list ${resource.name}: the watch ends before the list does`);
    }
    // A server that ends watches as soon as they begin is not asked in a tight loop.
    // What something without a name is only another list can say.
    if (!collection.isNamed) this.#version = undefined;
    const endedEarly = changes === 0 && clock.nowMs() - startMs < EARLY_MS;
    if (endedEarly) await clock.sleep(this.#backOff.nextMs(clock.nowMs()), signal);
  }

  /** Adds to the list at the head of a watch. Returns what came behind it; undefined as long as it goes on. */
  #takeState(list: Replacement, events: readonly WatchEvent[]): readonly WatchEvent[] | undefined {
    for (const [index, { type, object, resourceVersion, isEndOfState }] of events.entries()) {
      if (isEndOfState) {
        this.#listed(list, resourceVersion);
        return events.slice(index + 1);
      }
      // What happens while the server tells its state is told before the end, too.
      if (type === "DELETED") list.gone(object);
      else if (type !== "BOOKMARK") list.item(object);
    }
    return undefined;
  }

  #take(events: readonly WatchEvent[]): void {
    const { collection, onChanges } = this.#options;
    const changes: Change[] = [];
    for (const { type, object, resourceVersion } of events) {
      if (type === "DELETED") changes.push(...collection.remove(object));
      else if (type !== "BOOKMARK") changes.push(...collection.put(object));
      this.#version = resourceVersion;
    }
    if (events.length > 0) onChanges(changes);
  }
}

/** A watch that ends so soon and brought no change counts as a failure. */
const EARLY_MS = 1_000;

/** Not every fault makes what is known doubtful: after the others the watch goes on where it was. */
function needsList({ code }: ApiError): boolean {
  return code === "EXPIRED" || code === "MALFORMED" || code === "REFUSED" || code === "NOT_FOUND";
}

function asApiError(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  return new ApiError("MALFORMED", `an answer that cannot be read: ${String(error)}`, {
    cause: error,
  });
}
