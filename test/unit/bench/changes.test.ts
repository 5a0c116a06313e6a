/** Single changes of a benchmark: what they leave behind, and that none is of nothing. */
import type { V1EndpointSlice } from "@kubernetes/client-node";
import { expect, test } from "vitest";
import { Changes, type ChangesApi, type DestinationEye } from "../../bench/node/changes.ts";
import { pagesOf } from "../../bench/node/pages.ts";

const SIZE = { services: 20, endpointsPerService: 10 };

/** A store, and a kernel that has at once what the store has; all Services begin with `begin` endpoints. */
function newCluster(begin = SIZE.endpointsPerService) {
  const counts = new Map<string, number>();
  const last: { name?: string | undefined } = {};
  const api: ChangesApi = {
    ask: (_, __, { body } = {}) => {
      const { metadata, endpoints } = body as V1EndpointSlice;
      last.name = metadata?.name;
      counts.set(metadata?.name ?? "", endpoints.length);
      return Promise.resolve({ status: 200, body: "" });
    },
    put: () => Promise.resolve(),
    remove: () => Promise.resolve(),
    close: () => undefined,
  };
  const eye: DestinationEye = {
    taking: () => Promise.resolve(begin),
    untilDestinations: (_, count) => {
      expect(counts.get(last.name ?? "")).toBe(count);
      return Promise.resolve(performance.now());
    },
    close: () => undefined,
  };
  return { counts, changes: new Changes(api, SIZE, eye, 1_000) };
}

test("what has grown is put back at the end, and what shrank again is left", async () => {
  const { counts, changes } = newCluster();
  await changes.timed(3);
  await changes.change(4);
  await changes.change(5);
  await changes.change(5);
  expect(Object.fromEntries(counts)).toEqual({
    "service-3-1": 11,
    "service-4-1": 11,
    "service-5-1": 10,
  });
  counts.clear();
  await changes.close();
  expect(Object.fromEntries(counts)).toEqual({ "service-3-1": 10, "service-4-1": 10 });
});

test("a change that the kernel has before it is made is an error, not 0 ms", async () => {
  const { counts, changes } = newCluster(11);
  await expect(changes.timed(3)).rejects.toThrow("service 3 has 11 destinations before its change");
  expect(counts.size).toBe(0);
});

test("a list is read to its last page", async () => {
  const asked: string[] = [];
  const ask: ChangesApi["ask"] = (_, path) => {
    asked.push(path);
    const metadata = asked.length === 1 ? { continue: "a/b" } : {};
    return Promise.resolve({ status: 200, body: { items: [asked.length], metadata } });
  };
  const items: unknown[] = [];
  for await (const page of pagesOf({ ask }, "/slices")) items.push(...page);
  expect(items).toEqual([1, 2]);
  expect(asked).toEqual(["/slices?limit=500", "/slices?limit=500&continue=a%2Fb"]);
});
