/** Laws of the API source: whatever a server does, the picture becomes its own, and nothing is lost on the way. */
import { isDeepStrictEqual } from "node:util";
import fc from "fast-check";
import { expect, test } from "vitest";
import { parseObject } from "../../src/kube/parse-object.ts";
import { StringPool } from "../../src/kube/string-pool.ts";
import { PlannedFaults } from "../fakes/planned-faults.ts";
import { NODE, node, RunningSource, service, slice } from "../unit/kube/api/running-source.ts";

/** Ports and addresses that objects change between. */
const variant = fc.integer({ min: 1, max: 3 });
const name = fc.constantFrom("a", "b", "c", "d", "e");
const resource = fc.constantFrom("services", "endpointslices", "nodes");

const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant("put service" as const), name, variant }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("put slice" as const), name, variant }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("delete service" as const), name }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("delete slice" as const), name }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("hide service" as const), name }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("change what stays" as const), variant }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("compact" as const) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("break watches" as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("end watches" as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("bookmark" as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("nonsense" as const), resource }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("refuse next" as const), resource }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("half a list next" as const), resource }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("410 in next list" as const), resource }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant("change in next list" as const), name, variant }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("away and back" as const) }) },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant("wait" as const),
      ms: fc.constantFrom(200, 1_000, 4_000),
    }),
  },
);

const steps = fc.array(step, { minLength: 4, maxLength: 16 });

type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

/** One run: the source over its server, and which objects were ever gone. */
class Run {
  readonly running: RunningSource;
  readonly faults: PlannedFaults;
  readonly #everGone = new Set<string>();

  constructor(running: RunningSource, faults: PlannedFaults) {
    this.running = running;
    this.faults = faults;
  }

  async do(one: Step): Promise<void> {
    const { server } = this.running;
    switch (one.do) {
      case "put service":
        return server.put(service(one.name, { ports: [{ port: one.variant }] }));
      case "put slice":
        return server.put(slice(one.name, `10.0.0.${one.variant}`));
      case "delete service":
        this.#everGone.add(`service shop/${one.name}`);
        return server.delete("Service", `shop/${one.name}`);
      case "delete slice":
        this.#everGone.add(`slice shop/${one.name}`);
        return server.delete("EndpointSlice", `shop/${one.name}`);
      case "hide service": {
        this.#everGone.add(`service shop/${one.name}`);
        const labels = { "service.kubernetes.io/headless": "" };
        return server.put(service(one.name, {}, { labels }));
      }
      case "change what stays":
        server.put(service("stays", { ports: [{ port: one.variant }] }));
        server.put(slice("stays", `10.0.1.${one.variant}`));
        return server.put(node(NODE, `192.0.2.${one.variant}`));
      case "compact":
        return server.compact();
      case "break watches":
        return server.breakWatches();
      case "end watches":
        return server.endWatches();
      case "bookmark":
        return server.bookmark();
      case "nonsense":
        return server.say(one.resource, "nonsense\n");
      case "refuse next":
        return this.faults.refuse(one.resource);
      case "half a list next":
        return this.faults.halve(one.resource);
      case "410 in next list":
        return this.faults.expire(one.resource);
      case "change in next list":
        this.#everGone.add(`slice shop/${one.name}`);
        server.inState = () => {
          server.inState = () => undefined;
          server.put(service(one.name, { ports: [{ port: one.variant }] }));
          server.delete("EndpointSlice", `shop/${one.name}`);
        };
        return;
      case "away and back":
        await server.stop();
        await this.running.pass(400);
        return server.listen();
      case "wait":
        return this.running.pass(one.ms);
      default:
        return one satisfies never;
    }
  }

  /** Ends all faults, and waits until the source knows what the server has. */
  async recover(): Promise<void> {
    this.faults.end();
    await this.running.later(() => isDeepStrictEqual(this.running.objects, this.expected()));
    await this.running.watching();
  }

  /** What the server has and the source is to see, in our words. */
  expected(): Map<string, unknown> {
    const pool = new StringPool();
    const all = ["Service", "EndpointSlice", "Node"].flatMap((kind) => [
      ...this.running.server.objects(kind).values(),
    ]);
    const ours = all.filter(
      ({ metadata }) => !("service.kubernetes.io/headless" in (metadata.labels ?? {})),
    );
    const parsed = ours.map((object) => parseObject(object, pool));
    return new Map(parsed.map(({ kind, name: of, object }) => [`${kind} ${of}`, object?.value]));
  }

  /** Deletions that were told of what was there at all times. */
  losses(): readonly string[] {
    const told = this.running.told.filter((text) => text.startsWith("- "));
    return told.filter((text) => !this.#everGone.has(text.slice(2)));
  }
}

test("in the end the picture is the server's, and what was never deleted was never gone", async () => {
  const START = [
    service("stays"),
    slice("stays", "10.0.1.1"),
    node(NODE, "192.0.2.1"),
    service("a"),
    service("b"),
    slice("a", "10.0.0.1"),
    slice("b", "10.0.0.1"),
  ];
  await fc.assert(
    fc.asyncProperty(steps, fc.boolean(), async (all, listsByWatch) => {
      let faults: PlannedFaults | undefined;
      const running = await RunningSource.open(START, (server) => {
        server.listsByWatch = listsByWatch;
        faults = new PlannedFaults(server);
      });
      try {
        if (!faults) throw new Error("no server");
        const run = new Run(running, faults);
        for (const one of all) await run.do(one);
        await run.recover();
        expect(running.objects).toEqual(run.expected());
        expect(run.losses()).toEqual([]);
        expect(running.told.filter((text) => text.startsWith("replaced"))).toHaveLength(1);
        expect(running.source.problems()).toEqual([]);
      } finally {
        await running.close();
      }
    }),
    { numRuns: 60 },
  );
});
