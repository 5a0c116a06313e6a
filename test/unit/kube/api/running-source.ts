/** An API source over a fake server and a clock moved by hand, for tests: what it told, and when. */
import { setTimeout as wait } from "node:timers/promises";
import type { TestContext } from "vitest";
import { ApiClient } from "../../../../src/kube/api/api-client.ts";
import { ApiSource } from "../../../../src/kube/api/api-source.ts";
import {
  type Change,
  type Circumstances,
  PLAIN,
  sourceProblemText,
} from "../../../../src/kube/change.ts";
import type { ApiObject } from "../../../fakes/api-answers.ts";
import { FakeApiServer } from "../../../fakes/fake-api-server.ts";
import { ManualClock } from "../../../fakes/manual-clock.ts";

/** Real time that anything may take; only a test that fails needs it. */
const WAIT_MS_MAX = 8_000;

/** Time of the source that passes in a millisecond of ours while it is hurried. */
const STEP_MS = 200;

/** The node that the source runs on. */
export const NODE = "node-a";

/** A source that listens, and what came of it. */
export class RunningSource {
  /** `replaced shop/web ...` with the names of the Services, `+ service shop/web`, `- slice shop/web-1`. */
  readonly told: string[] = [];
  /** Everything as it was told last, by `kind name`. */
  readonly objects = new Map<string, unknown>();
  /** As they were told last. */
  circumstances: Circumstances = PLAIN;
  readonly appeared: string[] = [];
  readonly solved: string[] = [];
  readonly clock = new ManualClock();
  readonly server: FakeApiServer;
  readonly source: ApiSource;
  readonly #client: ApiClient;
  readonly #end = new AbortController();
  readonly #running: Promise<void>;

  private constructor(server: FakeApiServer) {
    this.server = server;
    this.#client = new ApiClient({ kubeconfig: undefined, master: server.url }, this.clock);
    this.source = new ApiSource({
      client: this.#client,
      clock: this.clock,
      nodeName: NODE,
      onProblem: (problem) => this.appeared.push(this.#text(problem)),
      onSolved: (problem) => this.solved.push(this.#text(problem)),
    });
    this.#running = this.#run();
  }

  /** Starts a server with these objects, changes it by `prepare`, and starts the source. */
  static async open(
    objects: readonly ApiObject[],
    prepare: (server: FakeApiServer) => void = () => {},
  ): Promise<RunningSource> {
    const server = await FakeApiServer.start();
    for (const object of objects) server.put(object);
    prepare(server);
    return new RunningSource(server);
  }

  /** Waits without a move of the clock: for what comes at once. */
  async until(is: () => boolean): Promise<void> {
    await this.#wait(is, () => Promise.resolve());
  }

  /** Waits while the clock runs: for what comes after a back-off. */
  async later(is: () => boolean): Promise<void> {
    await this.#wait(is, () => this.clock.advance(STEP_MS));
  }

  /** Lets `ms` pass, with time for the connections in between. */
  async pass(ms: number): Promise<void> {
    const untilMs = this.clock.nowMs() + ms;
    await this.later(() => this.clock.nowMs() >= untilMs);
  }

  /** Waits until all three collections are watched, and the source knows it. */
  async watching(): Promise<void> {
    const names = ["services", "endpointslices", "nodes"];
    await this.later(
      () =>
        names.every((name) => this.server.watches(name) > 0) && this.source.failures().length === 0,
    );
  }

  /** Ends the source, then the server. */
  async close(): Promise<void> {
    this.#end.abort();
    await this.#running;
    this.#client.close();
    await this.server.stop();
  }

  async #wait(is: () => boolean, step: () => Promise<void>): Promise<void> {
    const startMs = performance.now();
    while (!is()) {
      if (performance.now() - startMs > WAIT_MS_MAX) {
        const told = this.told.slice(-9).map((text) => text.slice(0, 100));
        throw new Error(
          [`never came: ${is}`, "told:", ...told, "wrong:", ...this.appeared].join("\n"),
        );
      }
      await step();
      await wait(1);
    }
  }

  #text(problem: Parameters<typeof sourceProblemText>[0]): string {
    return sourceProblemText(problem).replaceAll(this.server.url, "SERVER");
  }

  async #run(): Promise<void> {
    for await (const batch of this.source.changes(this.#end.signal)) {
      for (const change of batch) this.#note(change);
    }
  }

  #note(change: Change): void {
    if (change.kind === "replaced") {
      const { services, slices, nodes, complete, circumstances = PLAIN } = change.picture;
      this.circumstances = circumstances;
      this.objects.clear();
      for (const [kind, all] of Object.entries({ service: services, slice: slices, node: nodes })) {
        for (const [name, value] of all) this.objects.set(`${kind} ${name}`, value);
      }
      const text = ["replaced", ...services.keys()].join(" ");
      this.told.push(complete ? text : `${text} (incomplete)`);
      return;
    }
    if (change.kind === "circumstances") {
      this.circumstances = change.value;
      return;
    }
    const key = `${change.kind} ${change.name}`;
    if (change.value === undefined) this.objects.delete(key);
    else this.objects.set(key, change.value);
    this.told.push(`${change.value === undefined ? "-" : "+"} ${key}`);
  }
}

/** A running source that ends with the test. */
export async function openSource(
  context: TestContext,
  ...how: Parameters<typeof RunningSource.open>
): Promise<RunningSource> {
  const running = await RunningSource.open(...how);
  context.onTestFinished(() => running.close());
  return running;
}

/** The same, once its first picture is told and all is watched. */
export async function openTold(
  context: TestContext,
  ...how: Parameters<typeof RunningSource.open>
): Promise<RunningSource> {
  const running = await openSource(context, ...how);
  await running.until(() => running.told.length > 0);
  await running.watching();
  return running;
}

/** A Service of namespace `shop` as the server has it; `spec` is merged into its spec. */
export function service(name: string, spec: object = {}, metadata: object = {}): ApiObject {
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name, namespace: "shop", ...metadata },
    spec: { clusterIP: "10.96.0.1", clusterIPs: ["10.96.0.1"], ports: [{ port: 80 }], ...spec },
  };
}

/** A slice of Service `shop/web` with these addresses. */
export function slice(name: string, ...addresses: readonly string[]): ApiObject {
  return {
    apiVersion: "discovery.k8s.io/v1",
    kind: "EndpointSlice",
    metadata: { name, namespace: "shop", labels: { "kubernetes.io/service-name": "web" } },
    addressType: "IPv4",
    ports: [{ port: 8080 }],
    endpoints: addresses.map((address) => ({ addresses: [address] })),
  };
}

/** A node with one address. */
export function node(name: string, address: string): ApiObject {
  return {
    apiVersion: "v1",
    kind: "Node",
    metadata: { name },
    status: { addresses: [{ type: "InternalIP", address }] },
  };
}
