/**
 * The API server as a source of cluster objects: Services, EndpointSlices and this Node by list and watch,
 * the other nodes by a list now and then. Tells nothing before the first three are listed; after that what
 * comes while nobody listens is one batch, in which the last state of each object counts.
 */
import type { Clock } from "../../base/clock.ts";
import type { ClusterNode, EndpointSlice, ObjectName, Service } from "../../model/cluster.ts";
import {
  type Change,
  type Circumstances,
  type ClusterSource,
  type Picture,
  type SourceProblem,
  sameCircumstances,
} from "../change.ts";
import {
  type FoundProblems,
  NOTHING_WRONG,
  type ProblemListeners,
  StandingProblems,
} from "../standing-problems.ts";
import { StringPool } from "../string-pool.ts";
import type { ApiClient } from "./api-client.ts";
import type { ApiError } from "./api-error.ts";
import { Collection } from "./collection.ts";
import { ExternalAddresses } from "./external-addresses.ts";
import { hiddenIn, isWhole } from "./hidden-objects.ts";
import { Peers } from "./peers.ts";
import { Reflector } from "./reflector.ts";
import { ENDPOINT_SLICES, NODES, oneNode, type Resource, SERVICES } from "./resource.ts";

/** What the source needs, and whom it tells. */
export interface ApiSourceOptions extends ProblemListeners {
  readonly client: Pick<ApiClient, "get" | "stream" | "server" | "addresses">;
  readonly clock: Clock;
  readonly nodeName: string;
  /** The first picture is all that is wanted, and waits for the other nodes. */
  readonly isAskedOnce?: boolean;
}

/** Services, EndpointSlices and nodes of one cluster. */
export class ApiSource implements ClusterSource {
  readonly #options: ApiSourceOptions;
  readonly #collections: Record<"services" | "slices" | "node" | "peers", Collection>;
  readonly #listed = new Set<Resource>();
  readonly #states = new Map<Resource, ApiError>();
  /** By kind and name, in the order of the last change. */
  readonly #pending = new Map<string, Change>();
  readonly #standing: StandingProblems;
  readonly #ofConnections = new Map<Resource, FoundProblems>();
  readonly #external = new ExternalAddresses();
  readonly #peers: Peers;
  #told: Told | undefined;
  #wake = new AbortController();

  constructor(options: ApiSourceOptions) {
    this.#options = options;
    this.#standing = new StandingProblems(options);
    const surroundings = { pool: new StringPool(), standing: this.#standing };
    this.#collections = {
      services: new Collection(SERVICES, surroundings),
      slices: new Collection(ENDPOINT_SLICES, surroundings),
      node: new Collection(oneNode(options.nodeName), surroundings),
      peers: new Collection(NODES, surroundings),
    };
    const { resource } = this.#collections.peers;
    this.#peers = new Peers({
      ...options,
      collection: this.#collections.peers,
      onChanges: (changes) => this.#accept(changes),
      onState: (error) => this.#note(resource, error),
    });
  }

  problems(): readonly SourceProblem[] {
    return this.#standing.all();
  }

  /** Why lists and watches that fail now do so; several may have one reason. */
  failures(): readonly ApiError[] {
    return [...this.#states.values()];
  }

  /** When a Service was made, as `createdMs` of the model; undefined when there is none of this name. */
  serviceCreatedMs(name: ObjectName): number | undefined {
    const object = this.#collections.services.get(name);
    return object?.kind === "service" ? object.value.createdMs : undefined;
  }

  async *changes(signal: AbortSignal): AsyncGenerator<readonly Change[], void> {
    const ended = new AbortController();
    const end = (): void => {
      ended.abort();
      this.#wake.abort();
    };
    signal.addEventListener("abort", end);
    if (signal.aborted) end();
    const { services, slices, node } = this.#collections;
    const watched = [services, slices, node];
    const loops = watched.map((one) => this.#reflector(one).run(ended.signal));
    loops.push(this.#peers.run(ended.signal));
    const { isAskedOnce = false } = this.#options;
    try {
      await this.#until(() => this.#listed.size === watched.length, ended.signal);
      await this.#until(() => !(isAskedOnce && this.#peers.isAwaited), ended.signal);
      while (!ended.signal.aborted) {
        const batch = this.#batch();
        if (batch.length > 0) yield batch;
        await this.#until(() => this.#hasNews(), ended.signal);
      }
    } finally {
      signal.removeEventListener("abort", end);
      end();
      await Promise.all(loops);
    }
  }

  #hasNews(): boolean {
    return (
      this.#pending.size > 0 ||
      this.#told?.circumstances !== this.#circumstances() ||
      this.#told.isComplete !== this.#isComplete()
    );
  }

  /** The first one is the whole picture; and once more when nothing is missing from it any longer. */
  #batch(): readonly Change[] {
    const before = this.#told;
    const told = { circumstances: this.#circumstances(), isComplete: this.#isComplete() };
    this.#told = told;
    if (before?.isComplete !== told.isComplete) {
      return [{ kind: "replaced", picture: this.#picture(told) }];
    }
    const batch = [...this.#pending.values()];
    this.#pending.clear();
    const { circumstances: value } = told;
    if (before.circumstances !== value) batch.push({ kind: "circumstances", value });
    return batch;
  }

  #reflector(collection: Collection): Reflector {
    const { client, clock, nodeName } = this.#options;
    const { resource } = collection;
    return new Reflector({
      client,
      collection,
      clock,
      nodeName,
      onChanges: (changes) => {
        this.#listed.add(resource);
        this.#accept(changes);
      },
      onState: (error) => this.#note(resource, error),
    });
  }

  #accept(changes: readonly Change[]): void {
    for (const change of changes) {
      if (change.kind === "replaced" || change.kind === "circumstances") continue;
      if (change.kind === "service") this.#noteExternal(change);
      // What is told first is the whole picture.
      if (this.#told === undefined) continue;
      const key = `${change.kind}/${change.name}`;
      this.#pending.delete(key);
      this.#pending.set(key, change);
    }
    this.#wake.abort();
  }

  #noteExternal({ name, value }: Extract<Change, { kind: "service" }>): void {
    const isNew = this.#external.put(name, value);
    this.#peers.want(this.#external.size > 0);
    if (isNew) this.#peers.listSoon();
  }

  #note(resource: Resource, error: ApiError | undefined): void {
    if (error) this.#states.set(resource, error);
    else if (!this.#states.delete(resource)) return;
    const before = this.#ofConnections.get(resource) ?? NOTHING_WRONG;
    const now = error ? [connectionProblem(error)] : [];
    this.#ofConnections.set(resource, this.#standing.replace(before, now));
  }

  /** Everything that is there now; what is pending is in it. */
  #picture({ circumstances, isComplete: complete }: Told): Picture {
    this.#pending.clear();
    const services = new Map<string, Service>();
    const slices = new Map<string, EndpointSlice>();
    const nodes = new Map<string, ClusterNode>();
    // This node's own object, which is watched, comes after those of the list.
    const { peers, ...others } = this.#collections;
    for (const collection of [peers, ...Object.values(others)]) {
      for (const { kind, value } of collection.objects()) {
        if (collection === peers && value.name === this.#options.nodeName) continue;
        if (kind === "service") services.set(value.name, value);
        else if (kind === "slice") slices.set(value.name, value);
        else nodes.set(value.name, value);
      }
    }
    return { services, slices, nodes, complete, circumstances };
  }

  /** See {@link Picture.complete}: once it is, it stays so. */
  #isComplete(): boolean {
    return this.#told?.isComplete || isWhole(this.#collections);
  }

  /** The same as long as nothing of it differs. */
  #circumstances(): Circumstances {
    const now: Circumstances = {
      serverAddresses: this.#options.client.addresses,
      awaitsPeers: this.#peers.isAwaited,
      ...hiddenIn(this.#collections),
    };
    const told = this.#told?.circumstances;
    return told && sameCircumstances(told, now) ? told : now;
  }

  async #until(is: () => boolean, ended: AbortSignal): Promise<void> {
    while (!is() && !ended.aborted) {
      this.#wake = new AbortController();
      if (is()) return;
      await this.#options.clock.sleep(LOOK_MS_MAX, this.#wake.signal);
    }
  }
}

/** A wait that nothing ends is looked after so often. */
const LOOK_MS_MAX = 60_000;

/** What the listener believes beside the objects. */
interface Told {
  readonly circumstances: Circumstances;
  readonly isComplete: boolean;
}

function connectionProblem({ message }: ApiError): SourceProblem {
  return {
    file: "API server",
    line: 0,
    object: "",
    field: "",
    message: `${message}; all stays as it is, and it is tried again`,
  };
}
