/** What a picture says of objects that cannot be read: whose they may be, and whether that is known. */
import { describe, expect, test } from "vitest";
import type { ApiObject } from "../../../fakes/api-answers.ts";
import { NODE, node, openTold, type RunningSource, service, slice } from "./running-source.ts";

const WEB = [service("web"), slice("web-1", "10.0.0.1"), node(NODE, "192.0.2.1")];
const BAD_SERVICE = service("bad", { ports: "many", clusterIP: 7 });
const BAD_SLICE = { ...slice("web-2"), ports: 1 } as ApiObject;

describe.each([
  ["in pages", false],
  ["by watch", true],
] as const)("listed %s,", (_, listsByWatch) => {
  function openListed(...[context, objects]: Parameters<typeof openTold>): Promise<RunningSource> {
    return openTold(context, objects, (server) => {
      server.listsByWatch = listsByWatch;
    });
  }

  test("all is known of a cluster of good objects", async (context) => {
    const running = await openListed(context, WEB);
    expect(running.told).toEqual(["replaced shop/web"]);
    expect(running.circumstances).toMatchObject({
      hidesServices: false,
      hidesEndpointsOf: new Set(),
    });
  });

  test("a Service that cannot be read is said to be hidden until it can", async (context) => {
    const running = await openListed(context, [...WEB, BAD_SERVICE]);
    expect(running.told).toEqual(["replaced shop/web"]);
    expect(running.circumstances.hidesServices).toBe(true);
    running.server.put(service("bad"));
    await running.until(() => !running.circumstances.hidesServices);
    expect(running.told).toContain("+ service shop/bad");
  });

  test("a slice that cannot be read hides endpoints of its Service until it is deleted", async (context) => {
    const running = await openListed(context, [...WEB, BAD_SLICE]);
    expect(running.told).toEqual(["replaced shop/web"]);
    expect([...running.circumstances.hidesEndpointsOf]).toEqual(["shop/web"]);
    running.server.delete("EndpointSlice", "shop/web-2");
    await running.until(() => running.circumstances.hidesEndpointsOf.size === 0);
    expect(running.told).toEqual(["replaced shop/web"]);
  });

  test("what is known in a good version hides nothing when it turns bad", async (context) => {
    const running = await openListed(context, WEB);
    running.server.put(service("web", { ports: "many" }));
    running.server.put({ ...slice("web-1"), ports: 1 } as ApiObject);
    await running.until(() => running.source.problems().length === 2);
    running.server.put(service("api"));
    await running.until(() => running.told.includes("+ service shop/api"));
    expect(running.circumstances).toMatchObject({
      hidesServices: false,
      hidesEndpointsOf: new Set(),
    });
  });

  test.for([
    { what: "an item without a name", item: service("web", {}, { name: 7 }) },
    {
      what: "a slice of nobody knows whom",
      item: { ...slice("x"), metadata: { name: "x", namespace: "shop", labels: 7 } },
    },
    { what: "this node's own object", item: { ...node(NODE, ""), spec: 7 } },
  ])("with $what the picture is not complete before it is mended", async ({ item }, context) => {
    const others = WEB.filter(({ kind }) => kind !== "Node");
    const bad = item as unknown as ApiObject;
    const running = await openListed(context, [...others, bad]);
    expect(running.told.at(-1)).toContain("(incomplete)");
    running.server.delete(bad.kind, `${bad.kind === "Node" ? "" : "shop/"}${bad.metadata.name}`);
    running.server.endWatches();
    await running.later(() => running.told.at(-1) === "replaced shop/web");
    running.server.put(service("bad", { clusterIP: 7 }));
    await running.later(() => running.circumstances.hidesServices);
    expect(running.told.at(-1)).toBe("replaced shop/web");
  });
});
