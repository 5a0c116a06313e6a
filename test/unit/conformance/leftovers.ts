/** What the kernel holds that no Service asks for, by whom it was made, and what an agent leaves behind. */
import { expect } from "vitest";
import type { SocketKey } from "../../../src/model/virtual-service.ts";
import { destination, SETTINGS } from "../plan/samples.ts";
import type { ConformanceCase } from "./conformance-case.ts";
import { Node, type NodeOptions } from "./node.ts";
import { service } from "./objects.ts";

function udp(address: string, port: number): SocketKey {
  return { protocol: "udp", address, port };
}

/** A node whose kernel holds these, with `ours` on kube-ipvs0. */
function nodeWith(
  found: readonly SocketKey[],
  ours: readonly string[],
  options: NodeOptions = {},
): Node {
  const node = new Node(options);
  for (const key of found) node.kernel.addForeign({ key, settings: SETTINGS }, []);
  node.kernel.addLink("dummy");
  for (const address of ours) node.kernel.serviceLink?.addresses.add(address);
  return node;
}

/** A Service of UDP on that address and port. */
function wanting({ address, port }: SocketKey, name: string) {
  return service({ clusterIP: address, ports: [{ port, protocol: "UDP" }] }, { name });
}

const excluded: readonly ConformanceCase[] = [
  {
    upstream: "TestCleanLegacyService",
    family: "IPv4",
    wanted: [udp("1.1.1.1", 53), udp("2.2.2.2", 54)],
    excludeRanges: ["3.3.3.0/24", "4.4.4.0/24"],
    theirs: [udp("3.3.3.3", 55), udp("4.4.4.4", 56)],
    elsewhere: udp("5.5.5.5", 57),
    stale: udp("6.6.6.6", 58),
  },
  {
    upstream: "TestCleanLegacyService6",
    family: "IPv6",
    wanted: [udp("1000::1", 53), udp("1000::2", 54)],
    excludeRanges: ["3000::/64", "4000::/64"],
    theirs: [udp("3000::1", 55), udp("4000::1", 56)],
    elsewhere: udp("5000::1", 57),
    stale: udp("1000::6", 58),
  },
].map(({ upstream, family, wanted, excludeRanges, theirs, elsewhere, stale }) => ({
  name: `stale ${family} services on kube-ipvs0 go, those in excluded ranges and those of others stay`,
  upstream: [upstream],
  run: async () => {
    const found = [...wanted, ...theirs, elsewhere, stale];
    const onLink = found.filter((key) => key !== elsewhere).map(({ address }) => address);
    const node = nodeWith(found, onLink, { excludeRanges });
    await node.sync(...wanted.map((key, index) => wanting(key, `svc${index}`)));
    const ports = node.kernel.table.services().map(({ key }) => ("port" in key ? key.port : 0));
    expect(ports.sort()).toEqual([53, 54, 55, 56, 57]);
  },
}));

const rest: readonly ConformanceCase[] = [
  {
    name: "a stale virtual service goes with its endpoints, one that is wanted stays",
    upstream: ["TestCleanLegacyServiceWithRealServers"],
    run: async () => {
      const keys = [udp("1.1.1.1", 53), udp("2.2.2.2", 54), udp("3.3.3.3", 54)] as const;
      const [first, , active] = keys;
      const node = nodeWith(
        keys,
        keys.map(({ address }) => address),
      );
      node.kernel.table.apply({
        kind: "add-destination",
        key: first,
        destination: destination("10.180.0.1", 53),
      });
      await node.sync(wanting(active, "svc1"));
      expect(node.table()).toEqual(["udp/3.3.3.3:54 ->"]);
      expect(node.bound()).toEqual(["3.3.3.3"]);
    },
  },
  {
    name: "idle endpoints of a virtual service in an excluded range stay, also when drains are looked at",
    upstream: ["TestCleanLegacyRealServersExcludeCIDRs"],
    run: async () => {
      const key = udp("4.4.4.4", 56);
      const node = nodeWith([key], [key.address], { excludeRanges: ["4.4.4.4/32"] });
      for (const address of ["10.10.10.10", "11.11.11.11"]) {
        const operation = { kind: "add-destination", key } as const;
        node.kernel.table.apply({ ...operation, destination: destination(address, 56) });
      }
      await node.sync();
      await node.wait(60_000);
      expect(node.table()).toEqual(["udp/4.4.4.4:56 -> 10.10.10.10:56 11.11.11.11:56"]);
    },
  },
];

/** All of them. */
export const leftoverCases: readonly ConformanceCase[] = [...excluded, ...rest];
