/** Objects that are wrong, however badly: each touches itself alone, and never what is known of it. */
import { describe, expect, test } from "vitest";
import type { ApiObject } from "../../../fakes/api-answers.ts";
import { NODE, node, openTold, type RunningSource, service, slice } from "./running-source.ts";

const WEB = [service("web"), slice("web-1", "10.0.0.1"), node(NODE, "192.0.2.1")];

/** Types lie: what a stranger sends has any form. */
function hostile(kind: string, metadata: unknown, parts: object = {}): ApiObject {
  return { kind, metadata, ...parts } as ApiObject;
}

const WRONG_TYPES = { ports: "many", clusterIP: 7, clusterIPs: { a: 1 }, externalIPs: [[]] };

describe.each([
  ["in pages", false],
  ["by watch", true],
] as const)("listed %s,", (_, listsByWatch) => {
  const verb = listsByWatch ? "watch-list" : "list";

  function openListed(...[context, objects]: Parameters<typeof openTold>): Promise<RunningSource> {
    return openTold(context, objects, (server) => {
      server.listsByWatch = listsByWatch;
    });
  }

  test("objects of wrong types are left out, and the others are there", async (context) => {
    const running = await openListed(context, [
      ...WEB,
      hostile("Service", { name: "bad", namespace: "shop" }, { spec: WRONG_TYPES }),
      hostile("Service", { name: "none", namespace: "shop" }, { spec: null, status: [] }),
      hostile("Service", { name: "UPPER", namespace: "shop" }, { spec: {} }),
      hostile("EndpointSlice", { name: "odd", namespace: "shop", labels: { a: 1 } }, { ports: 1 }),
    ]);
    // One has no name, and one names nobody that it belongs to: they may be anybody's.
    expect(running.told).toEqual(["replaced shop/web (incomplete)"]);
    expect([...running.objects.keys()]).toEqual([
      "service shop/web",
      "slice shop/web-1",
      `node ${NODE}`,
    ]);
    const about = running.source.problems().map(({ file, object }) => `${file} ${object}`);
    expect(about).toContain("services Service shop/bad");
    expect(about).toContain("endpointslices EndpointSlice shop/odd");
    expect(running.appeared.join("\n")).toContain("it is left out until it is mended");
  });

  test("an object that turns bad keeps its last good version until it is mended", async (context) => {
    const running = await openListed(context, WEB);
    running.server.put(service("web", WRONG_TYPES));
    running.server.put(service("api"));
    await running.until(() => running.told.includes("+ service shop/api"));
    expect(running.objects.get("service shop/web")).toMatchObject({ ports: [{ port: 80 }] });
    expect(running.appeared.join("\n")).toContain("its last good version stays in force");
    running.server.put(service("web", { ports: [{ port: 81 }] }));
    await running.until(() => running.told.includes("+ service shop/web"));
    expect(running.source.problems()).toEqual([]);
    expect(running.solved.toSorted()).toEqual(running.appeared.toSorted());
  });

  test("an object that is bad when it is deleted is gone", async (context) => {
    const running = await openListed(context, WEB);
    running.server.put(service("web", WRONG_TYPES));
    running.server.delete("Service", "shop/web");
    await running.until(() => running.told.includes("- service shop/web"));
    expect(running.source.problems()).toEqual([]);
  });

  test("an object without a name takes nobody's place, and nobody away", async (context) => {
    const running = await openListed(context, [...WEB, service("api")]);
    running.server.put(hostile("Service", { namespace: "shop" }, { spec: {} }));
    running.server.put(hostile("Service", { name: ["web"], namespace: {} }, { spec: {} }));
    await running.until(() => running.source.problems().length > 0);
    running.server.breakWatches();
    running.server.delete("Service", "shop/api");
    running.server.compact();
    await running.later(() => running.server.count(verb, "services") === 2);
    await running.watching();
    // Which of the two has lost its name cannot be known: both stay.
    expect(running.told).toEqual(["replaced shop/web shop/api"]);
  });

  test("annotations of any size are neither kept nor a change", async (context) => {
    const huge = { "example.com/blob": "x".repeat(1_500_000) };
    const running = await openListed(context, [
      ...WEB,
      service("big", {}, { annotations: huge, managedFields: [{ fieldsV1: huge }] }),
    ]);
    expect(running.told).toEqual(["replaced shop/web shop/big"]);
    running.server.put(service("big", { ports: [{ port: 81 }] }, { annotations: huge }));
    await running.until(() => running.told.includes("+ service shop/big"));
    expect(JSON.stringify(running.objects.get("service shop/big")).length).toBeLessThan(1_000);
    expect(running.source.problems()).toEqual([]);
  });

  test("names that JavaScript has for itself are names as all others", async (context) => {
    const running = await openListed(context, [...WEB, service("constructor"), service("valueof")]);
    expect(running.told).toEqual(["replaced shop/web shop/constructor shop/valueof"]);
    running.server.say(
      "services",
      '{"type":"ADDED","object":{"__proto__":{"spec":1},"metadata":{"name":"__proto__","resourceVersion":"90"}}}\n',
    );
    await running.until(() => running.source.problems().length > 0);
    expect(running.told).toHaveLength(1);
  });
});
