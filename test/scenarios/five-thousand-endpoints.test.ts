/** A Service of 5,000 endpoints in 50 slices: only counts, its table would be unreadable. */
import { expect, test } from "vitest";
import { type Step, Story } from "./story.ts";

const SLICES = 50;
const ENDPOINTS_PER_SLICE = 100;

/** Manifests of the first `count` endpoints. */
function manifests(count: number): string {
  const service = {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: "big", namespace: "shop" },
    spec: { clusterIP: "10.96.0.10", ports: [{ name: "http", port: 80 }] },
  };
  const slices = Array.from({ length: SLICES }, (_, slice) => ({
    apiVersion: "discovery.k8s.io/v1",
    kind: "EndpointSlice",
    metadata: {
      name: `big-${slice}`,
      namespace: "shop",
      labels: { "kubernetes.io/service-name": "big" },
    },
    addressType: "IPv4",
    ports: [{ name: "http", port: 8080 }],
    endpoints: Array.from({ length: ENDPOINTS_PER_SLICE }, (_, index) => ({
      addresses: [`10.1.${slice}.${index}`],
    })).filter((_, index) => slice * ENDPOINTS_PER_SLICE + index < count),
  }));
  return JSON.stringify({ apiVersion: "v1", kind: "List", items: [service, ...slices] });
}

function countByKind({ operations }: Step): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { kind } of operations) counts[kind] = (counts[kind] ?? 0) + 1;
  return counts;
}

test("5,000 endpoints are added once, and one that goes costs two messages", async () => {
  const story = new Story();
  const first = await story.step(manifests(5_000));
  expect(countByKind(first)).toEqual({
    "add-service": 1,
    "add-destination": 5_000,
    "add-address": 1,
    "add-filter": 1,
  });
  expect(first.table.split("\n").length - 1).toBe(5_001);

  expect((await story.step(manifests(5_000))).report).toBe("no operation\n");

  const last = await story.step(manifests(4_999));
  expect(countByKind(last)).toEqual({ "set-destination": 1, "delete-destination": 1 });
  expect(last.table.split("\n").length - 1).toBe(5_000);
});
