/** The node's own addresses, as the kernel tells them: which serve node ports. */
import { expect } from "vitest";
import { nodeAddressesOver } from "../../../src/host/node-addresses-client.ts";
import { type Family, familyOf, parseAddress, writeAddress } from "../../../src/model/address.ts";
import { chooseNodePortAddresses } from "../../../src/model/node-port-addresses.ts";
import {
  AF,
  addressAttributes,
  linkAttributes,
  RTM,
  SCOPE,
  writeAddressHeader,
  writeLinkHeader,
} from "../../../src/netlink/rtnl.ts";
import { ManualClock } from "../../fakes/manual-clock.ts";
import { answerOf, scriptedSocket } from "../../fakes/scripted-socket.ts";
import type { ConformanceCase } from "./conformance-case.ts";

type Told = Parameters<typeof answerOf>[0][number];
type Interfaces = Readonly<Record<string, readonly string[]>>;

function link(index: number, name: string): Told {
  return {
    type: RTM.newLink,
    write: ({ out }) => {
      writeLinkHeader(out, index);
      linkAttributes.write(out, { name });
    },
  };
}

function onLink(index: number, address: string): Told {
  const family = familyOf(address) === "ipv4" ? AF.inet : AF.inet6;
  const bytes = new Uint8Array(family === AF.inet ? 4 : 16);
  writeAddress(address, bytes, 0);
  return {
    type: RTM.newAddress,
    write: ({ out }) => {
      const scope = SCOPE.universe;
      writeAddressHeader(out, { family, prefixLength: 24, flags: 0, scope, index });
      addressAttributes.write(out, { address: bytes });
    },
  };
}

/** Where node ports are served in one family, by a kernel with these interfaces. */
async function servedOn(interfaces: Interfaces, family: Family): Promise<readonly string[]> {
  const names = Object.keys(interfaces);
  const links = names.map((name, at) => link(at + 1, name));
  const addresses = names.flatMap((name, at) =>
    (interfaces[name] ?? []).map((address) => onLink(at + 1, address)),
  );
  const socket = scriptedSocket({
    dump: ({ operation }) => [answerOf(operation === "RTM_GETLINK" ? links : addresses)],
  });
  const listen = () => ({ close: () => {} });
  const client = nodeAddressesOver(socket, { clock: new ManualClock(), listen });
  const chosen = chooseNodePortAddresses(await client.current(), [], { kind: "all" });
  client.close();
  return chosen.filter((address) => familyOf(address) === family);
}

const LOOPBACK = { lo: ["127.0.0.1", "::1"] };
const SERVICES = { "kube-ipvs0": ["1.2.3.4", "2.3.4.5"] };
const OF_BOTH = {
  ipvs0: ["1.2.3.4", "1000::"],
  ...LOOPBACK,
  encap7: ["10.20.30.31", "2000::", "fe80::200:ff:fe01:1"],
};

interface Nodes {
  readonly has: Interfaces;
  readonly family?: Family;
  readonly served: readonly string[];
}

/** In upstream's order. */
const NODES: readonly Nodes[] = [
  { has: { eth0: ["1.2.3.4"], lo: ["127.0.0.1"] }, served: ["1.2.3.4"] },
  { has: { lo: ["127.0.0.1"] }, served: [] },
  { has: {}, served: [] },
  {
    has: {
      encap0: ["10.20.30.40", "fe80::200:ff:fe01:1"],
      ...LOOPBACK,
      docker0: ["172.17.0.1"],
    },
    served: ["10.20.30.40", "172.17.0.1"],
  },
  {
    has: { encaps9: ["10.20.30.40"], ...LOOPBACK, encap7: ["1000::", "10.20.30.31"] },
    served: ["10.20.30.31", "10.20.30.40"],
  },
  {
    has: {
      "kube-ipvs0": ["2000::", "1.2.3.4"],
      ...LOOPBACK,
      encap7: ["1000::", "10.20.30.31"],
    },
    served: ["10.20.30.31"],
  },
  { has: { ...SERVICES, ...LOOPBACK }, served: [] },
  { has: SERVICES, served: [] },
  { has: { ...SERVICES, eth5: ["3.4.5.6"], ...LOOPBACK }, served: ["3.4.5.6"] },
  {
    has: { ipvs0: ["1.2.3.4"], ...LOOPBACK, encap7: ["10.20.30.31"] },
    served: ["1.2.3.4", "10.20.30.31"],
  },
  { has: OF_BOTH, family: "ipv6", served: ["1000::", "2000::"] },
  {
    has: { ...OF_BOTH, "kube-ipvs0": ["1.2.3.4", "2.3.4.5", "2000::"] },
    family: "ipv6",
    served: ["1000::", "2000::"],
  },
];

const nodes: readonly ConformanceCase[] = NODES.map(({ has, family = "ipv4", served }, number) => {
  const interfaces = Object.keys(has).join(", ") || "no interface";
  return {
    name: `node ports of ${family} are served on ${served.join(" and ") || "nothing"} (${interfaces}, ${number})`,
    upstream: [
      `TestGetNodeIPs/${number}`,
      ...(number === NODES.length - 1 ? ["filterAddrsExcept"] : []),
    ],
    run: async () => expect(await servedOn(has, family)).toEqual(served),
  };
});

const valid: ConformanceCase = {
  name: "node ports are served on no address that only the node itself can reach",
  upstream: ["TestIpIsValidForSet"],
  run: () => {
    const chosen = (text: string) => {
      const address = parseAddress(text);
      if (address === undefined) throw new Error(`${text} is no address`);
      const rule = { kind: "all" } as const;
      return chooseNodePortAddresses([{ address, link: "eth0" }], [], rule).map(familyOf);
    };
    for (const text of ["127.0.0.1", "127.0.0.0", "127.6.7.8", "::1", "fe80::200:ff:fe01:1"]) {
      expect(chosen(text), text).toEqual([]);
    }
    for (const text of ["8.8.8.8", "192.168.0.1", "169.254.0.0", "::ffff:169.254.0.0"]) {
      expect(chosen(text), text).toEqual(["ipv4"]);
    }
    expect(chosen("::ffff:8.8.8.8")).toEqual(["ipv4"]);
    expect(chosen("1000::")).toEqual(["ipv6"]);
  },
};

/** All of them. */
export const nodeAddressCases: readonly ConformanceCase[] = [...nodes, valid];
