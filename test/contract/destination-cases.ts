/** The contract about destinations: everything that can be set on one, and what is refused. */
import assert from "node:assert/strict";
import type { IpvsOperation } from "../../src/model/operation.ts";
import type { Destination, ServiceKey } from "../../src/model/virtual-service.ts";
import type { ContractCase, WithKernel } from "./contract-case.ts";
import { holdsDestinations, refusalOf, writeAll } from "./expectations.ts";
import { destinationAt, podAddress, serviceOf, socket, toAdd, WEB } from "./samples.ts";

const WEB6 = socket("tcp", "fd00:96::a", 80);
const MARK = { mark: 9, family: "ipv4" } as const;

const KINDS: readonly [string, ServiceKey, Destination][] = [
  ["weight 0", WEB, destinationAt("10.1.0.1", { weight: 0 })],
  ["weight 65535", WEB, destinationAt("10.1.0.1", { weight: 65_535 })],
  ["port 65535", WEB, destinationAt("10.1.0.1", { port: 65_535 })],
  ["an upper threshold", WEB, destinationAt("10.1.0.1", { upperThreshold: 100 })],
  [
    "both thresholds",
    WEB,
    destinationAt("10.1.0.1", { upperThreshold: 2 ** 31 - 1, lowerThreshold: 70_000 }),
  ],
  ["direct routing", WEB, destinationAt("10.1.0.1", { forward: "route" })],
  ["forward local", WEB, destinationAt("127.0.0.1", { forward: "local" })],
  ["forward bypass", WEB, destinationAt("10.1.0.1", { forward: "bypass" })],
  ["an IPIP tunnel", WEB, tunnelled("10.1.0.1", "ipip", 0, 0)],
  ["a GUE tunnel", WEB, tunnelled("10.1.0.1", "gue", 6080, 0)],
  ["a GUE tunnel with checksums", WEB, tunnelled("10.1.0.1", "gue", 6080, 1)],
  ["a GUE tunnel with remote checksums", WEB, tunnelled("10.1.0.1", "gue", 6080, 2)],
  ["a GRE tunnel with checksums", WEB, tunnelled("10.1.0.1", "gre", 0, 1)],
  ["IPv6", WEB6, destinationAt("fd00:1::1")],
  ["IPv6 direct routing", WEB6, destinationAt("fd00:1::1", { forward: "route" })],
  ["IPv4 through a tunnel behind IPv6", WEB6, tunnelled("10.1.0.1", "ipip", 0, 0)],
  ["IPv6 through a tunnel behind IPv4", WEB, tunnelled("fd00:1::1", "ipip", 0, 0)],
  ["behind a firewall mark", MARK, destinationAt("10.1.0.1")],
  ["behind a UDP service", socket("udp", "10.96.0.10", 53), destinationAt("10.1.0.1")],
  ["behind an SCTP service", socket("sctp", "10.96.0.10", 9), destinationAt("10.1.0.1")],
];

const REFUSED: readonly [string, string, Destination][] = [
  ["a weight beyond 31 bits", "ERANGE", destinationAt("10.1.0.1", { weight: 2 ** 31 })],
  [
    "a lower threshold above the upper one",
    "ERANGE",
    destinationAt("10.1.0.1", { lowerThreshold: 1 }),
  ],
  ["a GUE tunnel without a port", "EINVAL", tunnelled("10.1.0.1", "gue", 0, 0)],
  ["the other family without a tunnel", "EINVAL", destinationAt("fd00:1::1")],
  ["a multicast address", "EINVAL", destinationAt("224.0.0.1")],
  ["the broadcast address", "EINVAL", destinationAt("255.255.255.255")],
];

function tunnelled(
  address: string,
  type: "ipip" | "gue" | "gre",
  port: number,
  flags: number,
): Destination {
  return destinationAt(address, { forward: "tunnel", tunnel: { type, port, flags } });
}

/** All cases of this file. */
export function destinationCases(withKernel: WithKernel): ContractCase[] {
  return [
    ...KINDS.map(([what, key, destination]) => ({
      name: `a destination lives: ${what}, weight changed in place, refused twice, deleted`,
      run: withKernel(async ({ ipvs }) => {
        await writeAll(ipvs, toAdd(serviceOf(key), [destination]));
        await holdsDestinations(ipvs, key, [destination]);
        const again: IpvsOperation = { kind: "add-destination", key, destination };
        assert.equal(await refusalOf(ipvs, again), "EEXIST");
        const changed = { ...destination, weight: 7 };
        await writeAll(ipvs, [{ kind: "set-destination", key, destination: changed }]);
        await holdsDestinations(ipvs, key, [changed]);
        await writeAll(ipvs, [{ kind: "delete-destination", key, destination }]);
        await holdsDestinations(ipvs, key, []);
      }),
    })),
    ...REFUSED.map(([what, code, destination]) => ({
      name: `a destination is refused: ${what} is ${code}`,
      run: withKernel(async ({ ipvs }) => {
        await writeAll(ipvs, [{ kind: "add-service", service: serviceOf(WEB) }]);
        const operation: IpvsOperation = { kind: "add-destination", key: WEB, destination };
        assert.equal(await refusalOf(ipvs, operation), code);
        await holdsDestinations(ipvs, WEB, []);
      }),
    })),
    ...placeCases(withKernel),
    ...changeCases(withKernel),
    siblingsCase(withKernel),
  ];
}

function placeCases(withKernel: WithKernel): ContractCase[] {
  const destination = destinationAt("10.1.0.1");
  return [
    {
      name: "adding to or setting in an absent service is ESRCH; deleting there succeeds",
      run: withKernel(async ({ ipvs }) => {
        const target = { key: WEB, destination };
        assert.equal(await refusalOf(ipvs, { kind: "add-destination", ...target }), "ESRCH");
        assert.equal(await refusalOf(ipvs, { kind: "set-destination", ...target }), "ESRCH");
        await writeAll(ipvs, [{ kind: "delete-destination", ...target }]);
        assert.deepEqual(await ipvs.services(), []);
      }),
    },
    {
      name: "setting an absent destination is ENOENT; deleting it succeeds",
      run: withKernel(async ({ ipvs }) => {
        await writeAll(ipvs, [{ kind: "add-service", service: serviceOf(WEB) }]);
        const target = { key: WEB, destination };
        assert.equal(await refusalOf(ipvs, { kind: "set-destination", ...target }), "ENOENT");
        await writeAll(ipvs, [{ kind: "delete-destination", ...target }]);
        await holdsDestinations(ipvs, WEB, []);
      }),
    },
    {
      name: "destinations of many keys come in the order of the keys, absent ones as undefined",
      run: withKernel(async ({ ipvs }) => {
        const other = socket("udp", "10.96.0.10", 80);
        const empty = socket("tcp", "fd00:96::a", 80);
        const absent = socket("tcp", "10.96.0.99", 80);
        await writeAll(ipvs, [
          ...toAdd(serviceOf(WEB), [destination]),
          ...toAdd(serviceOf(other), [destinationAt("10.1.0.2"), destinationAt("10.1.0.3")]),
          ...toAdd(serviceOf(empty), []),
        ]);
        const held = await ipvs.destinations([absent, other, empty, MARK, WEB]);
        assert.deepEqual(
          held.map((list) => list?.map(({ address }) => address)),
          [undefined, ["10.1.0.3", "10.1.0.2"], [], undefined, ["10.1.0.1"]],
        );
      }),
    },
    {
      name: "one endpoint under two ports is two destinations, newest first",
      run: withKernel(async ({ ipvs }) => {
        const both = [
          destinationAt("10.1.0.1", { port: 1 }),
          destinationAt("10.1.0.1", { port: 2 }),
        ];
        await writeAll(ipvs, toAdd(serviceOf(WEB), both));
        const [held] = await ipvs.destinations([WEB]);
        assert.deepEqual(
          held?.map(({ port }) => port),
          [2, 1],
        );
      }),
    },
  ];
}

function changeCases(withKernel: WithKernel): ContractCase[] {
  return [
    {
      name: "everything about a destination is changed in place, and its place in the list stays",
      run: withKernel(async ({ ipvs }) => {
        const first = destinationAt("10.1.0.1");
        const last = destinationAt("10.1.0.2");
        await writeAll(ipvs, toAdd(serviceOf(WEB), [first, last]));
        for (const [what, key, changed] of KINDS) {
          if (key !== WEB || changed.address !== first.address || changed.port !== 8080) continue;
          await writeAll(ipvs, [{ kind: "set-destination", key, destination: changed }]);
          const [held] = await ipvs.destinations([WEB]);
          assert.deepEqual(
            held?.map(({ address }) => address),
            ["10.1.0.2", "10.1.0.1"],
            what,
          );
          await holdsDestinations(ipvs, WEB, [changed, last]);
        }
      }),
    },
    {
      name: "a new destination has no connections and has counted nothing",
      run: withKernel(async ({ ipvs }) => {
        await writeAll(ipvs, toAdd(serviceOf(WEB), [destinationAt("10.1.0.1")]));
        const [held] = await ipvs.destinations([WEB]);
        assert.equal(held?.[0]?.activeConnections, 0);
        assert.equal(held?.[0]?.inactiveConnections, 0);
        assert.equal(held?.[0]?.persistentConnections, 0);
        assert.deepEqual([...new Set(Object.values(held?.[0]?.traffic() ?? {}))], [0n]);
      }),
    },
    {
      name: "a tunnel without a type is an IPIP one",
      run: withKernel(async ({ ipvs }) => {
        const untyped = destinationAt("10.1.0.1", { forward: "tunnel" });
        await writeAll(ipvs, toAdd(serviceOf(WEB), [untyped]));
        await holdsDestinations(ipvs, WEB, [tunnelled("10.1.0.1", "ipip", 0, 0)]);
      }),
    },
  ];
}

const SIBLINGS = 5_000;

function siblingsCase(withKernel: WithKernel): ContractCase {
  return {
    name: `a destination with ${SIBLINGS} siblings is read, changed and deleted like any other`,
    run: withKernel(async ({ ipvs }) => {
      const all = Array.from({ length: SIBLINGS + 1 }, (_, index) =>
        destinationAt(podAddress(index + 1)),
      );
      await writeAll(ipvs, toAdd(serviceOf(WEB), all));
      await holdsDestinations(ipvs, WEB, all);
      const middle = destinationAt(podAddress(2_500), { weight: 0 });
      await writeAll(ipvs, [{ kind: "set-destination", key: WEB, destination: middle }]);
      await holdsDestinations(ipvs, WEB, all.with(2_499, middle));
      await writeAll(ipvs, [{ kind: "delete-destination", key: WEB, destination: middle }]);
      await holdsDestinations(ipvs, WEB, all.toSpliced(2_499, 1));
    }),
  };
}
