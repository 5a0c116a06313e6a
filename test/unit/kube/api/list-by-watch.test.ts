/** A list at the head of a watch, as servers since Kubernetes 1.34 give it: what it brings, and when pages are asked for. */
import { describe, expect, test } from "vitest";
import { STATE_SILENCE_MS_MAX } from "../../../../src/kube/api/watch.ts";
import { send, sendBookmark } from "../../../fakes/api-answers.ts";
import type { FakeApiServer, Interception } from "../../../fakes/fake-api-server.ts";
import { NODE, node, openSource, openTold, service, slice } from "./running-source.ts";

const WEB = [service("web"), slice("web-1", "10.0.0.1"), node(NODE, "192.0.2.1")];

function listsByWatch(server: FakeApiServer): void {
  server.listsByWatch = true;
}

/** Such a server, that answers the first watch of Services which is to begin with the list by `answer`. */
function firstAnsweredBy(answer: (...how: Parameters<Interception>) => void) {
  return (server: FakeApiServer): void => {
    server.listsByWatch = true;
    server.intercept = (request, response) => {
      if (request.verb !== "watch-list" || request.resource !== "services") return false;
      server.intercept = () => false;
      answer(request, response);
      return true;
    };
  };
}

function versioned(name: string, resourceVersion: string, port = 80): object {
  const { metadata, ...rest } = service(name, { ports: [{ port }] });
  return { ...rest, metadata: { ...metadata, resourceVersion } };
}

describe("a server that lists by watch", () => {
  test("is asked once for each collection, and the changes come on the same watch", async (context) => {
    const running = await openTold(context, WEB, listsByWatch);
    expect(running.told).toEqual(["replaced shop/web"]);
    expect(running.objects.has("slice shop/web-1")).toBe(true);
    running.server.put(service("api"));
    running.server.delete("Service", "shop/web");
    await running.until(() => running.told.length === 3);
    expect(running.told.slice(1)).toEqual(["+ service shop/api", "- service shop/web"]);
    const { requests } = running.server;
    expect(requests.map(({ verb, resource }) => `${verb} ${resource}`).toSorted()).toEqual([
      "watch-list endpointslices",
      "watch-list nodes",
      "watch-list services",
    ]);
    const asked = requests.map(({ url }) => url.searchParams);
    for (const query of asked) {
      expect(query.get("resourceVersionMatch")).toBe("NotOlderThan");
      expect(query.get("allowWatchBookmarks")).toBe("true");
      expect(query.has("resourceVersion")).toBe(false);
    }
  });

  test("is watched from where its list ended when the watch ends", async (context) => {
    const running = await openTold(context, WEB, listsByWatch);
    running.server.endWatches();
    running.server.put(service("api"));
    await running.later(() => running.told.length > 1);
    expect(running.told.slice(1)).toEqual(["+ service shop/api"]);
    expect(running.server.count("watch-list", "services")).toBe(1);
    expect(running.server.count("watch", "services")).toBe(1);
  });

  test("is asked so again when the version grew too old, and the differences are told", async (context) => {
    const running = await openTold(context, [...WEB, service("old")], listsByWatch);
    running.server.breakWatches();
    running.server.put(service("api"));
    running.server.delete("Service", "shop/old");
    running.server.compact();
    await running.later(() => running.told.length >= 3);
    expect(running.told.slice(1).toSorted()).toEqual(["+ service shop/api", "- service shop/old"]);
    expect(running.server.count("watch-list", "services")).toBe(2);
    expect(running.server.count("list", "services")).toBe(0);
  });

  test("may change objects before its list ends: the last state of each counts", async (context) => {
    const running = await openSource(
      context,
      WEB,
      firstAnsweredBy(({ resource }, response) => {
        response.writeHead(200, { "content-type": "application/json" });
        send(response, "ADDED", versioned("web", "2"));
        send(response, "ADDED", versioned("gone", "3"));
        send(response, "MODIFIED", versioned("web", "8", 81));
        send(response, "DELETED", versioned("gone", "9"));
        sendBookmark(response, { resource, version: 9, isEndOfState: true });
        send(response, "ADDED", versioned("later", "10"));
      }),
    );
    await running.later(() => running.told.length > 1 || running.objects.has("service shop/later"));
    expect(running.told[0]).toMatch(/^replaced shop\/web/);
    expect(running.objects.has("service shop/gone")).toBe(false);
    expect(running.objects.get("service shop/web")).toMatchObject({ ports: [{ port: 81 }] });
  });

  test("whose connection breaks in the middle is asked so again, and half a list is not told", async (context) => {
    const running = await openSource(
      context,
      WEB,
      firstAnsweredBy((_, response) => {
        response.writeHead(200, { "content-type": "application/json" });
        send(response, "ADDED", versioned("half", "2"));
        response.socket?.end();
      }),
    );
    await running.later(() => running.told.length > 0);
    expect(running.told).toEqual(["replaced shop/web"]);
    expect(running.server.count("watch-list", "services")).toBe(2);
    expect(running.server.count("list", "services")).toBe(0);
  });

  test("goes on with its list behind a bookmark that says nothing of an end", async (context) => {
    const running = await openSource(
      context,
      WEB,
      firstAnsweredBy(({ resource }, response) => {
        response.writeHead(200, { "content-type": "application/json" });
        send(response, "ADDED", versioned("web", "2"));
        sendBookmark(response, { resource, version: 2 });
        send(response, "ADDED", versioned("api", "3"));
        sendBookmark(response, { resource, version: 3, isEndOfState: true });
      }),
    );
    await running.until(() => running.told.length > 0);
    expect(running.told).toEqual(["replaced shop/web shop/api"]);
  });
});

describe("pages are asked for at once, and from then on,", () => {
  test("where the server refuses such a watch, which nobody is told", async (context) => {
    const running = await openTold(context, WEB);
    running.server.breakWatches();
    running.server.compact();
    running.server.put(service("api"));
    running.server.compact();
    await running.later(() => running.told.length > 1);
    expect(running.server.count("watch-list", "services")).toBe(1);
    expect(running.server.count("list", "services")).toBe(2);
    expect(running.appeared.filter((text) => text.includes("sendInitialEvents"))).toEqual([]);
  });

  test.for([
    ["says nothing", (): void => undefined],
    [
      "agrees and then says nothing",
      (_, response): void => {
        response.writeHead(200, { "content-type": "application/json" }).flushHeaders();
      },
    ],
    [
      "says no more in the middle",
      (_, response): void => {
        response.writeHead(200, { "content-type": "application/json" });
        send(response, "ADDED", versioned("half", "2"));
      },
    ],
    [
      "ends before its list does",
      (_, response): void => {
        response.writeHead(200, { "content-type": "application/json" });
        send(response, "ADDED", versioned("half", "2"));
        response.end();
      },
    ],
    [
      "does not allow to watch",
      (_, response): void => {
        response.writeHead(403).end("no");
      },
    ],
  ] satisfies readonly (readonly [string, (...how: Parameters<Interception>) => void])[])(
    "where the server %s",
    async ([, answer], context) => {
      const running = await openSource(context, WEB, firstAnsweredBy(answer));
      await running.later(() => running.told.length > 0);
      expect(running.told).toEqual(["replaced shop/web"]);
      expect(running.clock.nowMs()).toBeLessThan(3 * STATE_SILENCE_MS_MAX);
      expect(running.server.count("list", "services")).toBe(1);
      expect(running.server.count("watch-list", "services")).toBe(1);
    },
  );
});
