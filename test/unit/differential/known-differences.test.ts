/** The rules of the comparison with kube-proxy forgive what they name, and nothing beside it. */
import { expect, test } from "vitest";
import { expectedTable, USUAL } from "../../e2e/differential/expected-table.ts";
import {
  type Compared,
  DIFFERENCE_RULES,
  differences,
  type Found,
  mistakes,
} from "../../e2e/differential/known-differences.ts";
import type { ServiceState } from "../../e2e/differential/node-state.ts";
import type { ServiceObjects } from "../../e2e/differential/random-cluster.ts";
import { service, slice } from "../../e2e/harness/objects.ts";
import { NODE } from "../../e2e/harness/pods.ts";
import { PEER } from "../../lab/node-network.ts";

const SHARED = "203.0.113.1";

function one(name: string, number: number, spec: object, node = NODE): ServiceObjects {
  const address = `10.1.9.${number}`;
  const objects = [
    service({ name, addresses: [`10.96.9.${number}`], spec: { externalIPs: [SHARED], ...spec } }),
    slice({ service: name, endpoints: [{ address, node }] }),
  ];
  return { name, objects };
}

const ELDER = one("elder", 1, {});
const LOCAL = one("local", 2, { externalTrafficPolicy: "Local" }, PEER);
const STICKY = one("sticky", 3, {
  externalIPs: ["203.0.113.3"],
  externalTrafficPolicy: "Local",
  sessionAffinity: "ClientIP",
  sessionAffinityConfig: { clientIP: { timeoutSeconds: 60 } },
});
const COMPARED: Compared = {
  cluster: [ELDER, LOCAL, STICKY],
  settings: USUAL,
  foreign: new Map([["tcp/10.200.0.1:80", { settings: "-s wrr", destinations: [] }]]),
  excluded: [],
};
const OURS = new Map([...expectedTable(COMPARED.cluster, USUAL), ...COMPARED.foreign]);

/** The same table with one entry that is another one, or none. */
function withOther(id: string, change: Partial<ServiceState> | undefined) {
  const before = OURS.get(id);
  if (before === undefined) throw new Error(`there is no ${id}: ${[...OURS.keys()].join()}`);
  const others = [...OURS].filter(([other]) => other !== id);
  return new Map(change === undefined ? others : [...others, [id, { ...before, ...change }]]);
}

const unexplained = (found: readonly Found[]): number =>
  found.filter(({ rule }) => rule === undefined).length;
const ids = (words: string): string[] => [...OURS.keys()].filter((id) => id.startsWith(words));
const state = (services: ReadonlyMap<string, ServiceState>) => ({ services, addresses: [] });

test("what two Services want is the older one's with all that it has", () => {
  expect(OURS.get(`tcp/${SHARED}:80`)).toEqual({
    settings: "-s rr",
    destinations: ["10.1.9.1:8080 -m -w 1"],
  });
  const theYoungers = { destinations: [] };
  expect(mistakes(COMPARED, OURS)).toEqual([]);
  expect(mistakes(COMPARED, withOther(`tcp/${SHARED}:80`, theYoungers))).toHaveLength(1);
});

test("a virtual service by mark has scheduler, options and endpoints of its Service, and is there", () => {
  const [first = "", second = ""] = ids("mark/");
  expect(ids("mark/")).toHaveLength(2);
  expect([OURS.get(first)?.settings, OURS.get(second)?.settings].toSorted()).toEqual([
    "-s rr",
    "-s sh -b sh-fallback",
  ]);
  const sticky = OURS.get(first)?.settings === "-s rr" ? second : first;
  for (const change of [
    undefined,
    { settings: "-s sh" },
    { settings: "-s rr -p 60" },
    // Those of another Service, which kube-proxy has behind one of its addresses.
    { destinations: ["10.1.9.1:8080 -m -w 1"] },
    { destinations: ["10.1.9.3:8080 -g -w 1"] },
  ]) {
    expect(mistakes(COMPARED, withOther(sticky, change))).toHaveLength(1);
  }
});

test("kube-proxy's table may differ as a rule says, and in nothing else", () => {
  const theirs = new Map([...OURS].filter(([id]) => !/^mark|10\.200/.test(id)));
  expect(unexplained(differences(COMPARED, state(OURS), state(theirs)))).toBe(0);
  const shared = `tcp/${SHARED}:80`;
  for (const [id, destination, count] of [
    [shared, "10.1.9.2:8080 -m -w 1", 0],
    [shared, "10.1.9.3:8080 -m -w 1", 1],
    ["tcp/10.96.9.1:80", "10.1.9.2:8080 -m -w 1", 1],
    ["tcp/10.96.9.1:80", "10.1.9.1:8080 -g -w 1", 1],
  ] as const) {
    const others = new Map(theirs);
    others.set(id, { settings: "-s rr", destinations: [destination] });
    expect([
      id,
      destination,
      unexplained(differences(COMPARED, state(OURS), state(others))),
    ]).toEqual([id, destination, count]);
  }
  const excluded = { ...COMPARED, excluded: ["tcp/10.200.0.1:80"] };
  expect(unexplained(differences(excluded, state(OURS), state(theirs)))).toBe(1);
});

test("of an endpoint that ends in one slice and not in another kube-proxy may take either, and no other", () => {
  const ending = { ready: false, serving: true, terminating: true };
  const [first, second] = [
    { address: "10.1.9.7", node: PEER },
    { address: "10.1.9.8", node: PEER },
  ];
  const repeated: ServiceObjects = {
    name: "repeated",
    objects: [
      service({ name: "repeated", addresses: ["10.96.9.7"] }),
      slice({ service: "repeated", suffix: "a", endpoints: [{ ...first, ...ending }, second] }),
      slice({ service: "repeated", suffix: "b", endpoints: [first] }),
    ],
  };
  const compared = { ...COMPARED, cluster: [repeated], foreign: new Map() };
  const ours = expectedTable([repeated], USUAL);
  const sockets = ["10.1.9.7:8080 -m -w 1", "10.1.9.8:8080 -m -w 1"];
  expect([...ours.values()]).toEqual([{ settings: "-s rr", destinations: sockets }]);
  for (const [destinations, count] of [
    [sockets.slice(1), 0],
    [sockets.slice(0, 1), 1],
    [[], 1],
  ] as const) {
    const theirs = new Map([["tcp/10.96.9.7:80", { settings: "-s rr", destinations }]]);
    expect(unexplained(differences(compared, state(ours), state(theirs)))).toBe(count);
  }
});

test("every rule has a name of its own", () => {
  const names = DIFFERENCE_RULES.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
});
