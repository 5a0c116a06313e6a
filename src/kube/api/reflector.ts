/**
 * Keeps one collection equal to the server's: a list, then watches from there on. Whatever fails is tried
 * again, and what is known stays meanwhile; a list that comes later is told as its differences.
 */
import type { Clock } from "../../base/clock.ts";
import type { Change } from "../change.ts";
import { spreadMs } from "../spread.ts";
import type { ApiClient } from "./api-client.ts";
import { ApiError } from "./api-error.ts";
import { BackOff } from "./back-off.ts";
import type { Collection } from "./collection.ts";
import { listAll } from "./list.ts";
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

  constructor(options: ReflectorOptions) {
    this.#options = options;
    this.#backOff = new BackOff(`${options.nodeName} ${options.collection.resource.name}`);
  }

  /** Works until `signal` is aborted; never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, onState } = this.#options;
    while (!signal.aborted) {
      try {
        if (this.#version === undefined) await this.#list(signal);
        else await this.#watch(this.#version, signal);
      } catch (error) {
        if (signal.aborted) return;
        const known = asApiError(error);
        if (needsList(known)) this.#version = undefined;
        // That a version grew too old is the way of things, not a fault to be told.
        if (known.code !== "EXPIRED") onState(known);
        await clock.sleep(this.#backOff.nextMs(clock.nowMs()), signal);
      }
    }
  }

  async #list(signal: AbortSignal): Promise<void> {
    const { client, collection, onChanges, onState } = this.#options;
    const replacing = collection.replace();
    const version = await listAll(client, collection.resource, { onItem: replacing.item, signal });
    const changes = replacing.end();
    this.#version = version;
    onState(undefined);
    onChanges(changes);
  }

  async #watch(resourceVersion: string, signal: AbortSignal): Promise<void> {
    const { client, collection, clock, nodeName, onState } = this.#options;
    const { resource } = collection;
    this.#watches += 1;
    const spreadS = spreadMs(`${nodeName} ${resource.name} ${this.#watches}`, WATCH_S_MIN);
    const timeoutS = WATCH_S_MIN + spreadS;
    const startMs = clock.nowMs();
    let changes = 0;
    for await (const batch of watch({ client, resource, signal, resourceVersion, timeoutS })) {
      onState(undefined);
      changes += batch.filter(({ type }) => type !== "BOOKMARK").length;
      this.#take(batch);
    }
    // A server that ends watches as soon as they begin is not asked in a tight loop.
    // What something without a name is only another list can say.
    if (!collection.isNamed) this.#version = undefined;
    const endedEarly = changes === 0 && clock.nowMs() - startMs < EARLY_MS;
    if (endedEarly) await clock.sleep(this.#backOff.nextMs(clock.nowMs()), signal);
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
