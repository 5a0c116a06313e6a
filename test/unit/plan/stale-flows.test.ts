/** Which UDP flows are forgotten after a change. */
import { describe, expect, test } from "vitest";
import { flowsText } from "../../../src/model/flows.ts";
import type { TableEntry } from "../../../src/model/virtual-service.ts";
import { diff, NO_FILTERS } from "../../../src/plan/diff.ts";
import type { PlannedService } from "../../../src/plan/service-plan.ts";
import { staleFlows } from "../../../src/plan/stale-flows.ts";
import { destination, planned, SETTINGS } from "./samples.ts";

const DNS = { protocol: "udp", address: "10.96.0.10", port: 53 } as const;
const NODE_PORT = { protocol: "udp", address: "198.51.100.1", port: 30_053 } as const;
const A = destination("10.1.0.1", 53);
const B = destination("10.1.0.2", 53);

function texts(before: TableEntry | undefined, after: PlannedService | undefined): string[] {
  return staleFlows(before, after).map(flowsText);
}

/** A virtual service of a firewall mark, with the frontends whose packets it takes. */
function marked(destinations: readonly (typeof A)[]): PlannedService {
  return {
    ...planned(DNS, destinations),
    id: "mark/1/ipv4",
    service: { key: { mark: 1, family: "ipv4" }, settings: SETTINGS },
    kind: "local-clients",
    frontends: [DNS, NODE_PORT],
  };
}

describe("of an address and port", () => {
  test.each`
    what                     | before                  | after                   | stale
    ${"an endpoint goes"}    | ${planned(DNS, [A, B])} | ${planned(DNS, [B])}    | ${["udp/10.96.0.10:53 10.1.0.1:53"]}
    ${"all endpoints go"}    | ${planned(DNS, [A, B])} | ${planned(DNS, [])}     | ${["udp/10.96.0.10:53 10.1.0.1:53", "udp/10.96.0.10:53 10.1.0.2:53"]}
    ${"one gives way"}       | ${planned(DNS, [A])}    | ${planned(DNS, [B])}    | ${["udp/10.96.0.10:53 10.1.0.1:53"]}
    ${"the first one comes"} | ${planned(DNS, [])}     | ${planned(DNS, [A])}    | ${["udp/10.96.0.10:53 unanswered"]}
    ${"it comes with some"}  | ${undefined}            | ${planned(DNS, [A])}    | ${["udp/10.96.0.10:53 unanswered"]}
    ${"it comes with none"}  | ${undefined}            | ${planned(DNS, [])}     | ${[]}
    ${"another one comes"}   | ${planned(DNS, [A])}    | ${planned(DNS, [A, B])} | ${[]}
    ${"nothing changes"}     | ${planned(DNS, [A])}    | ${planned(DNS, [A])}    | ${[]}
    ${"it goes as a whole"}  | ${planned(DNS, [A])}    | ${undefined}            | ${["udp/10.96.0.10:53"]}
  `("when $what: $stale", ({ before, after, stale }) => {
    expect(texts(before, after)).toEqual(stale);
  });

  test.each(["tcp", "sctp"] as const)(
    "nothing is forgotten of %s, whatever happens",
    (protocol) => {
      const key = { ...DNS, protocol };
      expect(texts(planned(key, [A, B]), planned(key, [B]))).toEqual([]);
      expect(texts(undefined, planned(key, [A]))).toEqual([]);
      expect(texts(planned(key, [A]), undefined)).toEqual([]);
    },
  );
});

describe("of a firewall mark", () => {
  test("an endpoint that goes is forgotten for every frontend", () => {
    expect(texts(marked([A, B]), marked([B]))).toEqual([
      "udp/10.96.0.10:53 10.1.0.1:53",
      "udp/198.51.100.1:30053 10.1.0.1:53",
    ]);
  });

  test("the first endpoint frees what went unanswered at every frontend", () => {
    expect(texts(marked([]), marked([A]))).toEqual([
      "udp/10.96.0.10:53 unanswered",
      "udp/198.51.100.1:30053 unanswered",
    ]);
  });

  test("that goes nothing is forgotten: the frontends are still there, or say it themselves", () => {
    expect(texts(marked([A]), undefined)).toEqual([]);
  });
});

test("a frontend and its mark ask for the same only once", () => {
  const wanted = [planned(DNS, [B]), marked([B])];
  const entries = new Map([planned(DNS, [A, B]), marked([A, B])].map((one) => [one.id, one]));
  const { forgets } = diff(
    { entry: (id) => entries.get(id), hasAddress: () => true, filter: () => undefined },
    {
      entry: (id) => wanted.find((one) => one.id === id),
      wantsAddress: () => true,
      wantsFilter: () => undefined,
    },
    {
      services: new Map(wanted.map(({ id, service }) => [id, service.key])),
      addresses: new Set(),
      filters: NO_FILTERS,
    },
  );
  expect(forgets.map(flowsText)).toEqual([
    "udp/10.96.0.10:53 10.1.0.1:53",
    "udp/198.51.100.1:30053 10.1.0.1:53",
  ]);
});

test("destinations of a mark drain like those of its frontends", () => {
  const key = { ...DNS, protocol: "tcp" } as const;
  const web = (destinations: readonly (typeof A)[]) => ({
    ...marked(destinations),
    frontends: [key],
  });
  const kinds = (before: PlannedService, after: PlannedService) =>
    diff(
      { entry: () => before, hasAddress: () => true, filter: () => undefined },
      { entry: () => after, wantsAddress: () => true, wantsFilter: () => undefined },
      {
        services: new Map([[after.id, after.service.key]]),
        addresses: new Set(),
        filters: NO_FILTERS,
      },
    ).removals.map(({ kind }) => kind);
  expect(kinds(web([A, B]), web([B]))).toEqual(["set-destination"]);
  expect(kinds(marked([A, B]), marked([B]))).toEqual(["delete-destination"]);
});
