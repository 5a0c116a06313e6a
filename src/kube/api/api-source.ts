/**
 * The API server as a source of cluster objects: Services, EndpointSlices and this Node by list and watch.
 * Tells nothing before all three are listed; after that what comes while nobody listens is one batch, in
 * which the last state of each object counts.
 */
import type { Clock } from "../../base/clock.ts";
import type { ClusterNode, EndpointSlice, ObjectName, Service } from "../../model/cluster.ts";
import type { Change, ClusterSource, Picture, SourceProblem } from "../change.ts";
import type { ProblemListeners } from "../problem-list.ts";
import { type FoundProblems, NOTHING_WRONG, StandingProblems } from "../standing-problems.ts";
import { StringPool } from "../string-pool.ts";
import type { ApiClient } from "./api-client.ts";
import type { ApiError } from "./api-error.ts";
import { Collection } from "./collection.ts";
import { Peers } from "./peers.ts";
import { Reflector } from "./reflector.ts";
import { ENDPOINT_SLICES, NODES, oneNode, type Resource, SERVICES } from "./resource.ts";

/** So long the first picture waits for the other nodes, where they are wanted. */
const PEERS_MS_MAX = 2_000;

/** What the source needs, and whom it tells. */
export interface ApiSourceOptions extends ProblemListeners {
  readonly client: Pick<ApiClient, "get" | "stream" | "server">;
  readonly clock: Clock;
  readonly nodeName: string;
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
    const peers = this.#peers();
    const loops = [services, slices, node].map((one) => this.#reflector(one).run(ended.signal));
    try {
      await this.#until(() => this.#listed.size === loops.length, ended.signal);
      await this.#know(peers, ended.signal);
      loops.push(peers.run(ended.signal));
      if (!ended.signal.aborted) yield [{ kind: "replaced", picture: this.#picture() }];
      while (!ended.signal.aborted) {
        await this.#until(() => this.#pending.size > 0, ended.signal);
        if (!peers.isListed && [...this.#pending.values()].some(isExternal)) {
          await this.#know(peers, ended.signal);
        }
        const batch = [...this.#pending.values()];
        this.#pending.clear();
        if (batch.length > 0 && !ended.signal.aborted) yield batch;
      }
    } finally {
      signal.removeEventListener("abort", end);
      end();
      await Promise.all(loops);
    }
  }

  /** The other nodes are known before the first external address is bound, where the server is willing. */
  async #know(peers: Peers, signal: AbortSignal): Promise<void> {
    const late = this.#options.clock.sleep(PEERS_MS_MAX, signal);
    await Promise.race([peers.refresh(signal), late]);
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

  #peers(): Peers {
    const { client, clock, nodeName } = this.#options;
    const collection = this.#collections.peers;
    return new Peers({
      client,
      collection,
      clock,
      nodeName,
      wanted: () => this.#hasExternalAddresses(),
      onChanges: (changes) => this.#accept(changes),
      onState: (error) => this.#note(collection.resource, error),
    });
  }

  #accept(changes: readonly Change[]): void {
    for (const change of changes) {
      if (change.kind === "replaced") continue;
      const key = `${change.kind}/${change.name}`;
      this.#pending.delete(key);
      this.#pending.set(key, change);
    }
    this.#wake.abort();
  }

  #note(resource: Resource, error: ApiError | undefined): void {
    if (error) this.#states.set(resource, error);
    else if (!this.#states.delete(resource)) return;
    const before = this.#ofConnections.get(resource) ?? NOTHING_WRONG;
    const now = error ? [connectionProblem(error)] : [];
    this.#ofConnections.set(resource, this.#standing.replace(before, now));
  }

  /** Everything that is there now; what is pending is in it. */
  #picture(): Picture {
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
    return { services, slices, nodes, complete: true };
  }

  #hasExternalAddresses(): boolean {
    for (const { kind, value } of this.#collections.services.objects()) {
      if (kind === "service" && hasExternalAddresses(value)) return true;
    }
    return false;
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

function isExternal(change: Change): boolean {
  return (
    change.kind === "service" && change.value !== undefined && hasExternalAddresses(change.value)
  );
}

function hasExternalAddresses({ externalAddresses, loadBalancerAddresses }: Service): boolean {
  return externalAddresses.length + loadBalancerAddresses.length > 0;
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
