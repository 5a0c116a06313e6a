/** The API server read once: the whole picture, or within the time limit an error that says what to do. */
import { expect, test } from "vitest";
import { ApiError } from "../../../../src/kube/api/api-error.ts";
import { READ_MS_MAX, type ReadApiOptions, readApi } from "../../../../src/kube/api/read-api.ts";
import { ManualClock } from "../../../fakes/manual-clock.ts";

const SERVER = "https://192.0.2.1:6443";

/** By the last step of the path. */
const LISTS: Readonly<
  Record<string, { readonly kind: string; readonly items: readonly object[] }>
> = {
  services: {
    kind: "ServiceList",
    items: [
      {
        metadata: { namespace: "shop", name: "web", resourceVersion: "5" },
        spec: { clusterIP: "10.96.0.10", clusterIPs: ["10.96.0.10"], ports: [{ port: 80 }] },
      },
      {
        metadata: { namespace: "shop", name: "odd", resourceVersion: "6" },
        spec: { clusterIP: "10.96.0.11", clusterIPs: ["10.96.0.11"], ports: [{ port: 0 }] },
      },
    ],
  },
  endpointslices: { kind: "EndpointSliceList", items: [] },
  nodes: {
    kind: "NodeList",
    items: [{ metadata: { name: "node-a", resourceVersion: "7" }, status: {} }],
  },
};

type Answer = (path: string, signal: AbortSignal) => Promise<object>;

/** Lists are answered by `answer`, in pages alone; watches stay open and silent. */
function reading(answer: Answer, signal = new AbortController().signal) {
  const clock = new ManualClock();
  let requestsAfter = 0;
  let isOver = false;
  const client: ReadApiOptions["client"] = {
    server: SERVER,
    addresses: [],
    get: (_, path, asked) => {
      if (isOver) requestsAfter++;
      return answer(path, asked.signal);
    },
    stream: (_, __, { query, signal: ended }) =>
      query?.["sendInitialEvents"] ? Promise.reject(refused()) : untilAborted(ended),
  };
  const read = readApi({ client, clock, nodeName: "node-a", signal }).finally(() => {
    isOver = true;
  });
  const outcome = read.then(
    (snapshot) => ({ snapshot, error: undefined }),
    (error: unknown) => ({ snapshot: undefined, error }),
  );
  return { clock, outcome, requestsAfter: () => requestsAfter };
}

function refused(): ApiError {
  return new ApiError("REFUSED", "no watch begins with the list", { status: 422 });
}

function untilAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener("abort", () => reject(new Error("aborted")));
  });
}

const answered: Answer = (path) => {
  const list = LISTS[path.split("/").at(-1) ?? ""];
  return Promise.resolve({ ...list, metadata: { resourceVersion: "9" } });
};

test("all that is there is one complete picture, and what is wrong in it is told", async () => {
  const { clock, outcome, requestsAfter } = reading(answered);
  await clock.settle();
  const { snapshot } = await outcome;
  expect(snapshot?.picture.complete).toBe(true);
  expect([...(snapshot?.picture.services.keys() ?? [])]).toContain("shop/web");
  expect([...(snapshot?.picture.nodes.keys() ?? [])]).toEqual(["node-a"]);
  expect(snapshot?.problems.map(({ object }) => object)).toEqual(["Service shop/odd"]);
  await clock.advance(1_000_000);
  expect(requestsAfter()).toBe(0);
});

test("a server that fails is asked again, and its last reason is said once at the end", async () => {
  const { clock, outcome, requestsAfter } = reading(() =>
    Promise.reject(new ApiError("UNREACHABLE", `${SERVER} cannot be reached: ECONNREFUSED`)),
  );
  await clock.advance(READ_MS_MAX);
  const { error } = await outcome;
  expect(error).toMatchObject({
    code: "UNREACHABLE",
    message:
      `no picture of the cluster from ${SERVER} within 30 s: ${SERVER} cannot be reached: ` +
      "ECONNREFUSED; check the server's address and the credentials in the kubeconfig " +
      "(--kubeconfig, --master)",
  });
  await clock.advance(1_000_000);
  expect(requestsAfter()).toBe(0);
});

test("a failure that passes is no failure", async () => {
  let asked = 0;
  const { clock, outcome } = reading((path, signal) => {
    asked++;
    return asked < 6 ? Promise.reject(new ApiError("BUSY", "too busy")) : answered(path, signal);
  });
  await clock.advance(READ_MS_MAX);
  const { snapshot } = await outcome;
  expect(snapshot?.picture.services.size).toBeGreaterThan(0);
});

test("a server that never answers is named, with what to look at", async () => {
  const { clock, outcome } = reading((_, signal) => untilAborted(signal));
  await clock.advance(READ_MS_MAX);
  const { error } = await outcome;
  expect(error).toMatchObject({ code: "TIMEOUT" });
  expect(String(error)).toContain(`${SERVER} has not answered`);
});

test("half of the lists is no picture", async () => {
  const { clock, outcome } = reading((path, signal) =>
    path.endsWith("endpointslices")
      ? Promise.reject(new ApiError("FORBIDDEN", "not allowed to list endpointslices (403)"))
      : answered(path, signal),
  );
  await clock.advance(READ_MS_MAX);
  const { error } = await outcome;
  expect(error).toMatchObject({ code: "FORBIDDEN" });
  expect(String(error)).toContain("not allowed to list endpointslices");
});

test("ends at once when the process is asked to end", async () => {
  const end = new AbortController();
  const { clock, outcome } = reading((_, signal) => untilAborted(signal), end.signal);
  await clock.advance(10);
  end.abort();
  await clock.settle();
  expect((await outcome).error).toMatchObject({ code: "ENDED" });
});
