/** A list at the head of a watch, as newer servers give it: what it brings, and when pages are asked for. */
import { describe, expect, type TestContext, test } from "vitest";
import { STATE_HEAD_MS_MAX, STATE_SILENCE_MS_MAX } from "../../../../src/kube/api/watch.ts";
import { answerStatus, send, sendBookmark, status } from "../../../fakes/api-answers.ts";
import type { FakeApiServer, Interception } from "../../../fakes/fake-api-server.ts";
import {
  NODE,
  node,
  openSource,
  openTold,
  type RunningSource,
  service,
  slice,
} from "./running-source.ts";

const WEB = [service("web"), slice("web-1", "10.0.0.1"), node(NODE, "192.0.2.1")];

function listsByWatch(server: FakeApiServer): void {
  server.listsByWatch = true;
}

type Answer = (...how: Parameters<Interception>) => void;

/** With such a server, that answers the first watch of Services which is to begin with the list by `answer`. */
function openAnswered(context: TestContext, answer: Answer): Promise<RunningSource> {
  return openSource(context, WEB, (server) => {
    server.listsByWatch = true;
    server.intercept = (request, response) => {
      if (request.verb !== "watch-list" || request.resource !== "services") return false;
      server.intercept = () => false;
      answer(request, response);
      return true;
    };
  });
}

function versioned(name: string, resourceVersion: string, port = 80): object {
  const { metadata, ...rest } = service(name, { ports: [{ port }] });
  return { ...rest, metadata: { ...metadata, resourceVersion } };
}

const agrees: Answer = (_, response) => {
  response.writeHead(200, { "content-type": "application/json" }).flushHeaders();
};

/** The head, one object, and no more yet. */
const half: Answer = (request, response) => {
  agrees(request, response);
  send(response, "ADDED", versioned("half", "2"));
};

function failing(code: number): Answer {
  return (_, response) => answerStatus(response, code, "no");
}

/** Agrees, and ends with an error. */
function agreesAnd(code: number): Answer {
  return (request, response) => {
    half(request, response);
    send(response, "ERROR", status(code, "no"));
    response.end();
  };
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
      expect(query.get("sendInitialEvents")).toBe("true");
      expect(query.get("resourceVersionMatch")).toBe("NotOlderThan");
      expect(query.get("allowWatchBookmarks")).toBe("true");
      expect(query.has("resourceVersion")).toBe(false);
    }
  });

  test("may say nothing for long once its list has ended", async (context) => {
    const running = await openTold(context, WEB, listsByWatch);
    await running.pass(4 * STATE_SILENCE_MS_MAX);
    expect(running.appeared).toEqual([]);
    expect(running.server.requests).toHaveLength(3);
    expect(running.server.watches("services")).toBe(1);
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

  test("tells what happens in the middle of its list before the end", async (context) => {
    const running = await openSource(context, WEB, (server) => {
      server.listsByWatch = true;
      server.inState = () => {
        server.inState = () => undefined;
        server.put(service("api"));
        server.delete("Service", "shop/web");
      };
    });
    await running.until(() => running.told.length > 0);
    // Whichever collection was asked for first.
    await running.until(() => running.objects.has("service shop/api"));
    expect(running.objects.has("service shop/web")).toBe(false);
    expect(running.server.requests).toHaveLength(3);
  });

  test("may change objects before its list ends: the last state of each counts", async (context) => {
    const running = await openAnswered(context, (request, response) => {
      agrees(request, response);
      send(response, "ADDED", versioned("web", "2"));
      send(response, "ADDED", versioned("gone", "3"));
      send(response, "MODIFIED", versioned("web", "8", 81));
      send(response, "DELETED", versioned("gone", "9"));
      sendBookmark(response, { resource: request.resource, version: 9, isEndOfState: true });
      send(response, "ADDED", versioned("later", "10"));
    });
    await running.later(() => running.told.length > 1 || running.objects.has("service shop/later"));
    expect(running.told[0]).toMatch(/^replaced shop\/web/);
    expect(running.objects.has("service shop/gone")).toBe(false);
    expect(running.objects.get("service shop/web")).toMatchObject({ ports: [{ port: 81 }] });
  });

  test("whose connection breaks in the middle is asked so again, and half a list is not told", async (context) => {
    const running = await openAnswered(context, (request, response) => {
      half(request, response);
      response.socket?.end();
    });
    await running.later(() => running.told.length > 0);
    expect(running.told).toEqual(["replaced shop/web"]);
    expect(running.server.count("watch-list", "services")).toBe(2);
    expect(running.server.count("list", "services")).toBe(0);
  });

  test("goes on with its list behind a bookmark that says nothing of an end", async (context) => {
    const running = await openAnswered(context, (request, response) => {
      agrees(request, response);
      send(response, "ADDED", versioned("web", "2"));
      sendBookmark(response, { resource: request.resource, version: 2 });
      send(response, "ADDED", versioned("api", "3"));
      sendBookmark(response, { resource: request.resource, version: 3, isEndOfState: true });
    });
    await running.until(() => running.told.length > 0);
    expect(running.told).toEqual(["replaced shop/web shop/api"]);
  });
});

/** Has the version of what is known grow too old. */
async function listAgain(running: RunningSource): Promise<void> {
  await running.watching();
  running.server.breakWatches();
  running.server.compact();
  running.server.put(service("api"));
  running.server.compact();
  await running.later(() => running.told.length > 1);
}

describe("pages are asked for", () => {
  test.for([400, 422])(
    "at once and from then on where the server refuses with %i, which nobody is told",
    async (code, context) => {
      const running = await openAnswered(context, failing(code));
      await running.until(() => running.told.length > 0);
      expect(running.appeared).toEqual([]);
      await listAgain(running);
      expect(running.server.count("watch-list", "services")).toBe(1);
      expect(running.server.count("list", "services")).toBe(2);
    },
  );

  test.for([
    ["says nothing", () => undefined],
    ["agrees and then says nothing", agrees],
    ["says no more in the middle", half],
    [
      "ends before its list does",
      (request, response) => {
        half(request, response);
        response.end();
      },
    ],
    ["does not allow to watch", failing(403)],
    ["fails", failing(500)],
    ["agrees and then finds that its store cannot do it", agreesAnd(500)],
    ["agrees and is late itself", agreesAnd(504)],
  ] satisfies readonly (readonly [string, Answer])[])(
    "the next time, and then by watch again, where the server %s",
    async ([, answer], context) => {
      const running = await openAnswered(context, answer);
      await running.later(() => running.told.length > 0);
      expect(running.told).toEqual(["replaced shop/web"]);
      expect(running.clock.nowMs()).toBeLessThan(2 * STATE_HEAD_MS_MAX);
      expect(running.server.count("list", "services")).toBe(1);
      expect(running.server.count("watch-list", "services")).toBe(1);
      expect(running.appeared).toHaveLength(1);
      expect(running.solved).toEqual(running.appeared);
      await listAgain(running);
      expect(running.server.count("watch-list", "services")).toBe(2);
      expect(running.server.count("list", "services")).toBe(1);
    },
  );

  test.for([401, 410, 429, 502, 503])(
    "not where the server answers %i: the same is asked again after a while",
    async (code, context) => {
      const running = await openAnswered(context, failing(code));
      await running.until(() => running.server.count("watch-list", "nodes") > 0);
      expect(running.told).toEqual([]);
      await running.later(() => running.told.length > 0);
      expect(running.told).toEqual(["replaced shop/web"]);
      expect(running.server.count("watch-list", "services")).toBe(2);
      expect(running.server.count("list", "services")).toBe(0);
    },
  );
});
