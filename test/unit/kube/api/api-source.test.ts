/** The API server as a source: what it tells of a server that is well. Faults: `api-source-faults.test.ts`. */
import { describe, expect, test } from "vitest";
import type { FakeApiServer } from "../../../fakes/fake-api-server.ts";
import { NODE, node, openSource, openTold, service, slice } from "./running-source.ts";

const WEB = [service("web"), slice("web-1", "10.0.0.1"), node(NODE, "192.0.2.1")];

/** The query of the last request of a kind. */
function lastQuery(server: FakeApiServer, verb: "list" | "watch", resource: string) {
  return server.requests.findLast((one) => one.verb === verb && one.resource === resource)?.url
    .searchParams;
}

/** Lists of all nodes, and not of one. */
function peerLists(server: FakeApiServer): number {
  const lists = server.requests.filter(({ verb }) => verb === "list");
  return lists.filter(
    ({ resource, url }) => resource === "nodes" && !url.searchParams.has("fieldSelector"),
  ).length;
}

describe("the first picture", () => {
  test("is one batch with all that the server has", async (context) => {
    const running = await openTold(context, WEB);
    expect(running.told).toEqual(["replaced shop/web"]);
    expect([...running.objects.keys()]).toEqual([
      "service shop/web",
      "slice shop/web-1",
      `node ${NODE}`,
    ]);
    expect(running.objects.get("service shop/web")).toMatchObject({
      clusterAddresses: ["10.96.0.1"],
    });
    expect(running.source.problems()).toEqual([]);
  });

  test("waits for the last of the three lists", async (context) => {
    let isClosed = true;
    const running = await openSource(context, WEB, (server) => {
      server.intercept = ({ resource }, response) => {
        if (resource !== "endpointslices" || !isClosed) return false;
        response.destroy();
        return true;
      };
    });
    await running.later(() => running.server.count("watch-list", "endpointslices") > 2);
    expect(running.told).toEqual([]);
    isClosed = false;
    await running.later(() => running.told.length > 0);
    expect(running.told).toEqual(["replaced shop/web"]);
    expect(running.objects.has("slice shop/web-1")).toBe(true);
  });

  test("is told of an empty cluster, too", async (context) => {
    const running = await openTold(context, []);
    expect(running.told).toEqual(["replaced"]);
  });

  test("is put together from pages of 500", async (context) => {
    const many = Array.from({ length: 1_201 }, (_, index) => service(`web-${index}`));
    const running = await openTold(context, many);
    expect(running.objects.size).toBe(1_201);
    expect(running.server.count("list", "services")).toBe(3);
    expect(running.told).toHaveLength(1);
  });

  test("holds only what is ours, by label and by name", async (context) => {
    const label = "service.kubernetes.io/service-proxy-name";
    const other = service("other", {}, { labels: { [label]: "another" } });
    const running = await openTold(context, [...WEB, other, node("node-b", "192.0.2.2")]);
    expect(running.told).toEqual(["replaced shop/web"]);
    expect(running.objects.has("node node-b")).toBe(false);
    const selector = `!${label},!service.kubernetes.io/headless`;
    for (const verb of ["list", "watch"] as const) {
      for (const resource of ["services", "endpointslices"]) {
        expect(lastQuery(running.server, verb, resource)?.get("labelSelector")).toBe(selector);
      }
      const field = lastQuery(running.server, verb, "nodes")?.get("fieldSelector");
      expect(field).toBe(`metadata.name=${NODE}`);
    }
  });
});

describe("a change", () => {
  test("is told when it happens", async (context) => {
    const running = await openTold(context, WEB);
    running.server.put(service("api"));
    await running.until(() => running.told.includes("+ service shop/api"));
    running.server.put(slice("web-1", "10.0.0.2"));
    await running.until(() => running.told.includes("+ slice shop/web-1"));
    running.server.delete("Service", "shop/web");
    await running.until(() => running.told.includes("- service shop/web"));
    expect(running.told).toHaveLength(4);
    expect(running.objects.get("slice shop/web-1")).toMatchObject({
      endpoints: [{ address: "10.0.0.2" }],
    });
  });

  test("in what nobody here looks at is none", async (context) => {
    const running = await openTold(context, WEB);
    running.server.put(service("web", {}, { annotations: { "example.com/note": "new" } }));
    running.server.put(service("api"));
    await running.until(() => running.told.length > 1);
    expect(running.told).toEqual(["replaced shop/web", "+ service shop/api"]);
  });

  test("that hands an object to another proxy takes it away, and back", async (context) => {
    const running = await openTold(context, WEB);
    const labels = { "service.kubernetes.io/service-proxy-name": "another" };
    running.server.put(service("web", {}, { labels }));
    await running.until(() => running.told.includes("- service shop/web"));
    running.server.put(service("web"));
    await running.until(() => running.told.includes("+ service shop/web"));
  });

  test("that is followed by others in one read is told once, with its last state", async (context) => {
    const running = await openTold(context, WEB);
    const events = [81, 82, 83].map((port) => {
      const object = service("web", { ports: [{ port }] }, { resourceVersion: String(port) });
      return `${JSON.stringify({ type: "MODIFIED", object })}\n`;
    });
    running.server.say("services", events.join(""));
    await running.until(() => running.told.length > 1);
    expect(running.told).toEqual(["replaced shop/web", "+ service shop/web"]);
    expect(running.objects.get("service shop/web")).toMatchObject({ ports: [{ port: 83 }] });
  });
});

describe("a version", () => {
  test("is moved on by a bookmark, so that a new watch need not go far back", async (context) => {
    const running = await openTold(context, WEB);
    const before = Number(lastQuery(running.server, "watch", "services")?.get("resourceVersion"));
    // It is about slices alone, so that only the bookmark tells the Services' watch.
    running.server.put(slice("web-1", "10.0.0.9"));
    running.server.bookmark();
    await running.until(() => running.told.includes("+ slice shop/web-1"));
    running.server.compact();
    running.server.endWatches();
    await running.watching();
    const query = lastQuery(running.server, "watch", "services");
    expect(Number(query?.get("resourceVersion"))).toBe(before + 1);
    expect(query?.get("allowWatchBookmarks")).toBe("true");
    expect(running.server.count("list", "services")).toBe(1);
    expect(running.appeared).toEqual([]);
  });

  test("is where the next watch begins, so that nothing between two watches is lost", async (context) => {
    const running = await openTold(context, WEB);
    running.server.endWatches();
    running.server.put(service("api"));
    running.server.delete("EndpointSlice", "shop/web-1");
    await running.later(() => running.told.length >= 3);
    expect(running.told.toSorted()).toEqual([
      "+ service shop/api",
      "- slice shop/web-1",
      "replaced shop/web",
    ]);
    expect(running.server.count("list", "services")).toBe(1);
  });

  test("has watches that the server ends after five to ten minutes", async (context) => {
    const running = await openTold(context, WEB);
    const times = ["services", "endpointslices", "nodes"].map((resource) =>
      Number(lastQuery(running.server, "watch", resource)?.get("timeoutSeconds")),
    );
    for (const time of times) {
      expect(time).toBeGreaterThanOrEqual(300);
      expect(time).toBeLessThan(600);
    }
    expect(new Set(times).size).toBe(3);
  });
});

describe("the other nodes", () => {
  const PEERS = [...WEB, node("node-b", "192.0.2.2")];

  test("are not asked for while no Service has external addresses", async (context) => {
    const running = await openTold(context, PEERS);
    await running.pass(20_000);
    expect(peerLists(running.server)).toBe(0);
  });

  test("are asked for once where some Service has one", async (context) => {
    const external = service("web", { externalIPs: ["203.0.113.1"] });
    const running = await openTold(context, [...PEERS, external]);
    await running.until(() => running.objects.has("node node-b"));
    expect(running.objects.get("node node-b")).toMatchObject({ addresses: ["192.0.2.2"] });
    expect(running.objects.has(`node ${NODE}`)).toBe(true);
    await running.pass(20_000);
    expect(peerLists(running.server)).toBe(1);
  });

  test("are asked for soon after the first Service gets one", async (context) => {
    const running = await openTold(context, PEERS);
    const status = { loadBalancer: { ingress: [{ ip: "203.0.113.2" }] } };
    running.server.put({ ...service("web"), status });
    await running.later(() => running.told.includes("+ node node-b"));
    expect(running.clock.nowMs()).toBeLessThan(10_000);
    expect(running.told).not.toContain(`+ node ${NODE}`);
  });

  test("that cannot be listed hold up nothing, and are asked for again", async (context) => {
    let isDown = true;
    const external = service("web", { externalIPs: ["203.0.113.1"] });
    const running = await openSource(context, [...PEERS, external], (server) => {
      server.intercept = ({ verb, resource, url }, response) => {
        const isPeers = resource === "nodes" && !url.searchParams.has("fieldSelector");
        if (isPeers && verb === "list" && isDown) response.writeHead(503).end();
        return isPeers && verb === "list" && isDown;
      };
    });
    await running.until(() => running.told.length > 0);
    expect(running.told).toEqual(["replaced shop/web"]);
    expect(running.appeared).toEqual([
      "API server: list nodes: the API server answers 503; all stays as it is, and it is tried again",
    ]);
    isDown = false;
    await running.later(() => running.told.includes("+ node node-b"));
    expect(running.solved).toEqual(running.appeared);
  });
});
