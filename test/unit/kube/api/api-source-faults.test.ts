/** The API server as a source when things go wrong: what is known stays, and it comes back by itself. */
import { describe, expect, test } from "vitest";
import { NODE, node, openSource, openTold, service, slice } from "./running-source.ts";

const WEB = [service("web"), slice("web-1", "10.0.0.1"), node(NODE, "192.0.2.1")];
const THREE_PAGES = Array.from({ length: 1_001 }, (_, index) => service(`web-${index}`));
const TRIED_AGAIN = "all stays as it is, and it is tried again";

describe("a version that is too old (410)", () => {
  test("in a watch leads to a list that is told as its differences", async (context) => {
    const running = await openTold(context, [...WEB, service("old")]);
    running.server.breakWatches();
    running.server.put(service("api"));
    running.server.delete("Service", "shop/old");
    running.server.compact();
    await running.later(() => running.told.length >= 3);
    await running.watching();
    expect(running.told.slice(1).toSorted()).toEqual(["+ service shop/api", "- service shop/old"]);
    expect(running.server.count("list", "services")).toBe(2);
    // The connection was cut, which is told; that the version had grown too old is not.
    expect(running.appeared.filter((text) => text.includes("410"))).toEqual([]);
    expect(running.source.problems()).toEqual([]);
  });

  test("as the status of a watch does the same", async (context) => {
    const running = await openTold(context, WEB);
    running.server.intercept = ({ verb, resource }, response) => {
      if (verb !== "watch" || resource !== "services") return false;
      running.server.intercept = () => false;
      response.writeHead(410).end();
      return true;
    };
    running.server.endWatches();
    await running.watching();
    expect(running.server.count("list", "services")).toBe(2);
    expect(running.told).toEqual(["replaced shop/web"]);
  });

  test("between two pages starts the list anew, and nothing of the half is told", async (context) => {
    const running = await openSource(context, THREE_PAGES, (server) => {
      server.intercept = ({ url }) => {
        if (!url.searchParams.has("continue")) return false;
        server.intercept = () => false;
        server.delete("Service", "shop/web-0");
        server.compact();
        return false;
      };
    });
    await running.later(() => running.told.length > 0);
    expect(running.told).toHaveLength(1);
    expect(running.objects.size).toBe(1_000);
    // Two pages of the first list, of which the second was refused, and two of the second list.
    expect(running.server.count("list", "services")).toBe(4);
  });

  test("between two pages of a later list takes nothing away", async (context) => {
    const running = await openTold(context, THREE_PAGES);
    let refusals = 3;
    running.server.intercept = ({ url }) => {
      if (url.searchParams.has("continue") && refusals-- > 0) running.server.compact();
      return false;
    };
    running.server.breakWatches();
    running.server.put(service("api"));
    running.server.compact();
    await running.later(() => running.told.length > 1);
    expect(running.told.slice(1)).toEqual(["+ service shop/api"]);
    expect(refusals).toBeLessThanOrEqual(0);
  });
});

describe("the server", () => {
  test("that goes away and comes back is listened to again", async (context) => {
    const running = await openTold(context, WEB);
    await running.server.stop();
    await running.pass(10_000);
    expect(running.told).toHaveLength(1);
    // Three collections have one reason.
    expect(running.source.problems()).toHaveLength(1);
    expect(running.source.failures()).toHaveLength(3);
    running.server.put(service("api"));
    running.server.delete("EndpointSlice", "shop/web-1");
    await running.server.listen();
    await running.later(() => running.told.length >= 3);
    await running.watching();
    expect(running.told.slice(1).toSorted()).toEqual(["+ service shop/api", "- slice shop/web-1"]);
    expect(running.source.problems()).toEqual([]);
  });

  test("that is away at the start is waited for", async (context) => {
    const running = await openSource(context, WEB, (server) => {
      server.intercept = (_, response) => {
        response.destroy();
        return true;
      };
    });
    await running.pass(30_000);
    expect(running.told).toEqual([]);
    expect(running.server.requests.length).toBeLessThan(25);
    running.server.intercept = () => false;
    await running.later(() => running.told.length > 0);
    expect(running.told).toEqual(["replaced shop/web"]);
  });

  test("that tells half a list takes nothing away", async (context) => {
    const running = await openTold(context, THREE_PAGES);
    let cuts = 2;
    running.server.intercept = ({ url, resource, verb }, response) => {
      const isLate = verb === "list" && resource === "services" && url.searchParams.has("continue");
      if (!isLate || cuts === 0) return false;
      cuts--;
      response.writeHead(200).write('{"kind":"ServiceList","items":[{"metadata":');
      response.destroy();
      return true;
    };
    running.server.breakWatches();
    running.server.delete("Service", "shop/web-1000");
    running.server.compact();
    await running.later(() => cuts === 0);
    expect(running.told).toHaveLength(1);
    await running.later(() => running.told.length > 1);
    expect(running.told.slice(1)).toEqual(["- service shop/web-1000"]);
  });

  test.for([
    {
      what: "of another kind",
      body: { kind: "PodList", metadata: { resourceVersion: "9" }, items: [] },
      why: 'expected a ServiceList, found "PodList"',
    },
    {
      what: "without items",
      body: { kind: "ServiceList", metadata: { resourceVersion: "9" }, items: 3 },
      why: "the answer has no items, or no version",
    },
    {
      what: "without version",
      body: { kind: "ServiceList", metadata: {}, items: [] },
      why: "the answer has no items, or no version",
    },
  ])(
    "that answers with a list $what is taken for broken, not for empty",
    async ({ body, why }, context) => {
      const running = await openTold(context, WEB);
      let isBroken = true;
      running.server.intercept = ({ verb, resource }, response) => {
        if (!isBroken || verb !== "list" || resource !== "services") return false;
        response.end(JSON.stringify(body));
        return true;
      };
      running.server.breakWatches();
      running.server.put(service("api"));
      running.server.compact();
      const wrong = `API server: list services: ${why}; ${TRIED_AGAIN}`;
      await running.later(() => running.appeared.includes(wrong));
      expect(running.told).toEqual(["replaced shop/web"]);
      isBroken = false;
      await running.later(() => running.told.includes("+ service shop/api"));
      expect(running.told).toHaveLength(2);
      expect(running.solved).toContain(wrong);
    },
  );
});
