/** Requests to the API server: what comes of each answer, and of none. Nobody waits for longer than said. */
import { describe, expect, type TestContext, test } from "vitest";
import {
  ANSWER_BYTES_MAX,
  ApiClient,
  type ApiRequest,
  HEAD_MS_MAX,
  PAUSE_MS_MAX,
} from "../../../../src/kube/api/api-client.ts";
import { ApiError } from "../../../../src/kube/api/api-error.ts";
import { listAll, PAGE_OBJECTS } from "../../../../src/kube/api/list.ts";
import { NODES, SERVICES } from "../../../../src/kube/api/resource.ts";
import { answerJson, answerStatus } from "../../../fakes/api-answers.ts";
import { FakeApiServer, type Interception } from "../../../fakes/fake-api-server.ts";
import { ManualClock } from "../../../fakes/manual-clock.ts";
import { service } from "./running-source.ts";

const PATH = "/api/v1/services";

/** A server that answers as `intercept` says, and a client. */
async function open(context: TestContext, intercept: Interception = () => false, suffix = "") {
  const server = await FakeApiServer.start();
  server.intercept = intercept;
  const clock = new ManualClock();
  const client = new ApiClient({ kubeconfig: undefined, master: server.url + suffix }, clock);
  const end = new AbortController();
  context.onTestFinished(async () => {
    end.abort();
    client.close();
    await server.stop();
  });
  const get = (): Promise<object> => client.get("list services", PATH, { signal: end.signal });
  /** Resolves when the server has been asked so often. */
  const asked = async (times: number): Promise<void> => {
    while (server.requests.length < times) await clock.settle();
  };
  return { server, clock, client, get, asked, end, signal: end.signal };
}

/** The error that a promise is rejected with. */
async function errorOf(promise: Promise<unknown>): Promise<ApiError> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof ApiError)) throw new Error(`no ApiError: ${String(error)}`);
  return error;
}

describe("a status", () => {
  test.for([
    [400, "REFUSED", "list services: the API server answers 400: because"],
    [401, "UNAUTHORIZED", "does not accept our credentials (401): renew the token or certificate"],
    [
      403,
      "FORBIDDEN",
      "not allowed to list services (403): apply the rights of deploy/base: because",
    ],
    [404, "NOT_FOUND", "no such resource to list services (404): it is older than Kubernetes 1.21"],
    [408, "BUSY", "answers 408"],
    [410, "EXPIRED", "list services: the version is too old (410): because"],
    [429, "BUSY", "answers 429"],
    [500, "BUSY", "answers 500"],
    [502, "BUSY", "answers 502"],
    [503, "BUSY", "answers 503"],
    [504, "REFUSED", "answers 504"],
    [302, "REFUSED", "answers 302"],
  ] as const)("%i of a list is %s", async ([status, code, says], context) => {
    const { get } = await open(context, (_, response) => {
      answerStatus(response, status, "because");
      return true;
    });
    const error = await errorOf(get());
    expect(error.code).toBe(code);
    expect(error.message).toContain(says);
  });

  test("of a watch is the same, and the server's words are cut", async (context) => {
    const { client, signal } = await open(context, (_, response) => {
      response.writeHead(503).end("x".repeat(5_000));
      return true;
    });
    const error = await errorOf(
      client.stream("watch services", PATH, { signal, silenceMs: () => 1_000 }),
    );
    expect(error).toMatchObject({ code: "BUSY" });
    expect(error.message.length).toBeLessThan(400);
  });

  test("of a request is an answer, with its body", async (context) => {
    const { client, server, signal } = await open(context, (_, response) => {
      answerJson(response, 409, { reason: "Conflict" });
      return true;
    });
    const asked = { signal, body: { a: 1 }, contentType: "application/merge-patch+json" };
    const answer = await client.request("PATCH", "/api/v1/events", {
      ...asked,
      query: { a: "b c" },
    });
    expect(answer).toEqual({ status: 409, body: { reason: "Conflict" } });
    const message = server.requests[0]?.message;
    expect(message?.url).toBe("/api/v1/events?a=b+c");
    expect(message?.headers).toMatchObject({
      accept: "application/json",
      "user-agent": "kube-ipvs",
      "content-type": "application/merge-patch+json",
    });
  });
});

describe("an answer", () => {
  test.for(["<html>", '{"kind":"ServiceList","items":[', "3", "null", ""])(
    "that is no JSON object is malformed: %j",
    async (body, context) => {
      const { get } = await open(context, (_, response) => {
        response.end(body);
        return true;
      });
      expect(await errorOf(get())).toMatchObject({ code: "MALFORMED" });
    },
  );

  test("that is cut off is none", async (context) => {
    const { get } = await open(context, (_, response) => {
      response.writeHead(200, { "content-length": "100" }).write("{", () => response.destroy());
      return true;
    });
    expect(await errorOf(get())).toMatchObject({ code: "UNREACHABLE" });
  });

  test("may come from a server behind a path", async (context) => {
    const { client, server, signal } = await open(context, () => false, "/cluster/one/");
    expect(await client.request("GET", PATH, { signal })).toMatchObject({ status: 200 });
    expect(server.requests[0]?.url.pathname).toBe(`/cluster/one${PATH}`);
  });

  test("whose head does not come is given up", async (context) => {
    const { get, clock, asked } = await open(context, () => true);
    const error = errorOf(get());
    await asked(1);
    await clock.advance(HEAD_MS_MAX);
    expect(await error).toMatchObject({
      code: "TIMEOUT",
      message: expect.stringContaining(`does not answer within ${HEAD_MS_MAX} ms`),
    });
  });

  test("that stops in the middle is given up, and one that is only slow is not", async (context) => {
    let write: (text: string) => void = () => {};
    const { get, clock, asked } = await open(context, (_, response) => {
      write = (text) => void response.write(text);
      write('{"items":[');
      return true;
    });
    const error = errorOf(get());
    let isOver = false;
    void error.then(() => (isOver = true));
    await asked(1);
    for (let times = 0; times < 4; times++) {
      for (let turns = 0; turns < 20; turns++) await clock.settle();
      await clock.advance(PAUSE_MS_MAX - 1_000);
      write("1,");
    }
    for (let turns = 0; turns < 20; turns++) await clock.settle();
    expect(isOver).toBe(false);
    await clock.advance(PAUSE_MS_MAX);
    expect(await error).toMatchObject({
      code: "TIMEOUT",
      message: expect.stringContaining(`says nothing for ${PAUSE_MS_MAX} ms in the middle`),
    });
  });

  test("that is too large is given up, and the page asked for in parts", async (context) => {
    const { client, server, signal } = await open(context, ({ url }, response) => {
      if (url.searchParams.get("limit") !== String(PAGE_OBJECTS)) return false;
      response.end(Buffer.alloc(ANSWER_BYTES_MAX + 1, " "));
      return true;
    });
    for (let index = 0; index < 200; index++) server.put(service(`web-${index}`));
    const items: object[] = [];
    await listAll(client, SERVICES, { signal, onItem: (item) => items.push(item) });
    const limits = server.requests.map(({ url }) => url.searchParams.get("limit"));
    expect(limits).toEqual(["500", "125", "125"]);
    expect(items).toHaveLength(200);
  });

  test("that is too large from the server's memory is asked for in pages", async () => {
    const asked: unknown[] = [];
    const get = (_: string, __: string, { query }: ApiRequest): Promise<object> => {
      asked.push([query?.["resourceVersion"], query?.["limit"]]);
      if (query?.["resourceVersion"] === "0") {
        return Promise.reject(new ApiError("TOO_LARGE", "a list"));
      }
      return Promise.resolve({ kind: "NodeList", metadata: { resourceVersion: "1" } });
    };
    const { signal } = new AbortController();
    await listAll({ get }, NODES, { onItem: () => {}, signal, mayBeOld: true });
    expect(asked).toEqual([
      ["0", "500"],
      [undefined, "500"],
    ]);
  });

  test("that is too large with a single object ends the list with an error", async () => {
    const limits: (string | undefined)[] = [];
    const get: ApiClient["get"] = (what, _, { query }) => {
      limits.push(query?.["limit"]);
      return Promise.reject(new ApiError("TOO_LARGE", what));
    };
    const { signal } = new AbortController();
    const error = await errorOf(listAll({ get }, SERVICES, { signal, onItem: () => {} }));
    expect(error).toMatchObject({
      code: "TOO_LARGE",
      message: "list services: a page of one object is too large",
    });
    expect(limits).toEqual(["500", "125", "31", "7", "1"]);
  });
});

describe("a request", () => {
  test("to a port where nobody listens says so", async (context) => {
    const { server, get } = await open(context);
    await server.stop();
    expect(await errorOf(get())).toMatchObject({
      code: "UNREACHABLE",
      message: expect.stringMatching(/^http:.* cannot be reached: .*ECONNREFUSED/),
    });
    await server.listen();
  });

  test("that is aborted ends, before its answer and in its middle", async (context) => {
    const { client, get, asked, end } = await open(context, ({ verb }, response) => {
      if (verb === "watch") response.write("some");
      return true;
    });
    const error = errorOf(get());
    const query = { watch: "1" };
    const asking = { signal: end.signal, silenceMs: () => 1_000, query };
    const { chunks } = await client.stream("watch services", PATH, asking);
    const reading = (async () => {
      for await (const chunk of chunks) if (chunk.length === 4) end.abort();
    })();
    await asked(2);
    await expect(reading).rejects.toBeInstanceOf(ApiError);
    expect(await error).toMatchObject({ code: "ENDED" });
    expect(await errorOf(get())).toMatchObject({ code: "ENDED" });
  });
});
