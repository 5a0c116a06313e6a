/** Watches that break, end, say nothing or say nonsense: what is known stays, and nothing is lost. */
import { describe, expect, test } from "vitest";
import { WATCH_EVENT_BYTES_MAX, WATCH_SILENCE_MS_MAX } from "../../../../src/kube/api/watch.ts";
import { NODE, node, openSource, openTold, service, slice } from "./running-source.ts";

const WEB = [service("web"), slice("web-1", "10.0.0.1"), node(NODE, "192.0.2.1")];
const TRIED_AGAIN = "all stays as it is, and it is tried again";

describe("a watch", () => {
  test("that is broken goes on where it was", async (context) => {
    const running = await openTold(context, WEB);
    running.server.breakWatches();
    running.server.put(service("api"));
    await running.later(() => running.told.length > 1);
    await running.watching();
    expect(running.told.slice(1)).toEqual(["+ service shop/api"]);
    expect(running.server.count("list", "services")).toBe(1);
    expect(running.appeared[0]).toContain("SERVER cannot be reached");
    expect(running.appeared[0]).toContain(TRIED_AGAIN);
    expect(running.solved).toEqual(running.appeared);
  });

  test("on which nothing comes is given up after three minutes", async (context) => {
    const running = await openTold(context, WEB);
    await running.clock.advance(WATCH_SILENCE_MS_MAX - 60_000);
    expect(running.appeared).toEqual([]);
    const asked = running.server.count("watch", "services");
    await running.clock.advance(60_000);
    await running.until(() => running.appeared.length > 0);
    expect(running.appeared[0]).toBe(
      `API server: SERVER says nothing for ${WATCH_SILENCE_MS_MAX} ms in the middle of an answer; ${TRIED_AGAIN}`,
    );
    await running.later(() => running.server.count("watch", "services") > asked);
    running.server.put(service("api"));
    await running.later(() => running.told.includes("+ service shop/api"));
    expect(running.server.count("list", "services")).toBe(1);
  });

  test("with bookmarks is not taken for silent", async (context) => {
    const running = await openTold(context, WEB);
    for (let minutes = 0; minutes < 6; minutes++) {
      await running.clock.advance(60_000);
      running.server.bookmark();
      await running.pass(400);
    }
    expect(running.appeared).toEqual([]);
    expect(running.server.count("watch", "services")).toBe(1);
  });

  test("that is cut off in the middle of an event loses nothing", async (context) => {
    const running = await openTold(context, WEB);
    running.server.say("services", '{"type":"ADDED","object":{"metadata":{"na');
    running.server.endWatches();
    running.server.put(service("api"));
    await running.later(() => running.told.length > 1);
    expect(running.told.slice(1)).toEqual(["+ service shop/api"]);
    expect(running.server.count("list", "services")).toBe(1);
  });

  test.for([
    { what: "no JSON", text: '{"type":"ADDED","object":{\n', why: "an event that is no JSON" },
    { what: "no event", text: '["ADDED"]\n', why: "an event that is none" },
    {
      what: "an event of unknown type",
      text: '{"type":"MOVED","object":{"metadata":{"resourceVersion":"9"}}}\n',
      why: "an event of unknown type",
    },
    {
      what: "an event without version",
      text: '{"type":"DELETED","object":{"metadata":{"name":"web"}}}\n',
      why: "an event without resourceVersion",
    },
    {
      what: "a line of more than 16 MB",
      text: "x".repeat(WATCH_EVENT_BYTES_MAX + 1),
      why: `a line of more than ${WATCH_EVENT_BYTES_MAX} bytes`,
    },
    {
      what: "an error of a status of its own",
      text: '{"type":"ERROR","object":{"code":504,"message":"too large version"}}\n',
      why: "the API server answers 504: too large version",
    },
  ])("that says $what is followed by a new list", async ({ text, why }, context) => {
    const running = await openTold(context, WEB);
    running.server.say("services", text);
    await running.later(() => running.server.count("list", "services") === 2);
    await running.watching();
    expect(running.appeared).toEqual([`API server: watch services: ${why}; ${TRIED_AGAIN}`]);
    expect(running.solved).toEqual(running.appeared);
    expect(running.told).toEqual(["replaced shop/web"]);
  });

  test("has its good events told before the bad one ends it", async (context) => {
    const running = await openTold(context, WEB);
    const object = service("api", {}, { resourceVersion: "90" });
    running.server.say("services", `${JSON.stringify({ type: "ADDED", object })}\nnonsense\n`);
    await running.until(() => running.told.includes("+ service shop/api"));
    // The server never had it: the list that follows says so.
    await running.later(() => running.told.includes("- service shop/api"));
  });

  test.for(["nothing", "a bookmark"])(
    "that ends at once with %s is not asked for in a tight loop",
    async (what, context) => {
      const running = await openSource(context, WEB);
      running.server.intercept = ({ verb, resource }, response) => {
        if (verb !== "watch" || resource !== "services") return false;
        const object = { kind: "Service", metadata: { resourceVersion: "4" } };
        const text = what === "nothing" ? "" : JSON.stringify({ type: "BOOKMARK", object });
        response.end(`${text}\n`);
        return true;
      };
      await running.pass(60_000);
      expect(running.server.count("watch", "services")).toBeGreaterThan(3);
      expect(running.server.count("watch", "services")).toBeLessThan(9);
    },
  );
});
