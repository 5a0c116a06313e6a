/** The node's addresses over scripted answers and told datagrams; the contract has a real kernel. */
import { describe, expect, test } from "vitest";
import { SETTLED_AFTER_MS, SETTLING_MS_MAX } from "../../../src/base/settling.ts";
import type { NodeAddresses } from "../../../src/host/node-addresses.ts";
import { nodeAddressesOver } from "../../../src/host/node-addresses-client.ts";
import { errnoNumber, NetlinkError } from "../../../src/netlink/errors.ts";
import type { ListenOptions } from "../../../src/netlink/multicast.ts";
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

type Told = Parameters<typeof answerOf>[0][number];

const AF_BRIDGE = 7;

function link(index: number, name: string, type: number = RTM.newLink, family = 0): Told {
  return {
    type,
    write: ({ out }) => {
      const at = out.length;
      writeLinkHeader(out, index);
      out.bytes()[at] = family;
      linkAttributes.write(out, { name });
    },
  };
}

interface ToldAddress {
  readonly local?: readonly number[];
  readonly scope?: number;
  readonly type?: number;
}

function address(index: number, bytes: readonly number[], more: ToldAddress = {}): Told {
  const { local, scope = SCOPE.universe, type = RTM.newAddress } = more;
  return {
    type,
    write: ({ out }) => {
      const family = bytes.length === 4 ? AF.inet : AF.inet6;
      writeAddressHeader(out, { family, prefixLength: 24, flags: 0x40, scope, index });
      addressAttributes.write(out, {
        address: Uint8Array.from(bytes),
        local: local && Uint8Array.from(local),
      });
    },
  };
}

const V6 = [0xfe, 0x80, ...Array.from({ length: 13 }, () => 0), 1];
const LINKS = [link(1, "lo"), link(2, "eth0"), link(7, "kube-ipvs0")];
const ADDRESSES = [address(2, [10, 0, 0, 1])];

interface Opened {
  readonly client: NodeAddresses;
  readonly clock: ManualClock;
  /** Options of each listener that was opened. */
  readonly listening: readonly ListenOptions[];
  /** The kernel tells the one that listens now. */
  tell(...told: readonly Told[]): void;
  /** Calls back so far. */
  calls(): number;
  closed(): number;
}

function open(links = LINKS, addresses = ADDRESSES, refusal?: () => void): Opened {
  const listening: ListenOptions[] = [];
  const clock = new ManualClock();
  let calls = 0;
  let closed = 0;
  const socket = scriptedSocket({
    dump: ({ operation }) => [answerOf(operation === "RTM_GETLINK" ? links : addresses)],
  });
  const client = nodeAddressesOver(socket, {
    clock,
    listen: (options) => {
      if (listening.length > 0) refusal?.();
      listening.push(options);
      return { close: () => closed++ };
    },
  });
  client.onChange(() => calls++);
  return {
    client,
    clock,
    listening,
    tell: (...told) => listening.at(-1)?.onDatagram(Buffer.from(answerOf(told).from.bytes)),
    calls: () => calls,
    closed: () => closed,
  };
}

describe("the addresses now", () => {
  test("are those of all links but kube-ipvs0, whatever their scope", async () => {
    const { client } = open(LINKS, [
      address(1, [127, 0, 0, 1], { scope: 254 }),
      address(2, [10, 0, 0, 1]),
      address(2, V6, { scope: SCOPE.link }),
      address(7, [10, 96, 0, 1]),
    ]);
    expect(await client.current()).toEqual([
      { address: "127.0.0.1", link: "lo" },
      { address: "10.0.0.1", link: "eth0" },
      { address: "fe80::1", link: "eth0" },
    ]);
  });

  test("on a point-to-point link are this side's", async () => {
    const { client } = open(LINKS, [address(2, [10, 0, 0, 9], { local: [10, 0, 0, 8] })]);
    expect(await client.current()).toEqual([{ address: "10.0.0.8", link: "eth0" }]);
  });

  test("leave out what is on a link that came between the two questions", async () => {
    const { client } = open(LINKS, [address(3, [10, 0, 0, 3]), address(2, [10, 0, 0, 1])]);
    expect(await client.current()).toEqual([{ address: "10.0.0.1", link: "eth0" }]);
  });
});

describe("a change is told", () => {
  test("once, a moment after the last of several", async () => {
    const { client, clock, tell, calls } = open();
    await client.current();
    for (let i = 0; i < 3; i++) {
      tell(address(2, [10, 0, 0, i]), address(2, V6));
      await clock.advance(SETTLED_AFTER_MS - 1);
    }
    expect(calls()).toBe(0);
    await clock.advance(1);
    expect(calls()).toBe(1);
    await clock.advance(10 * SETTLING_MS_MAX);
    expect(calls()).toBe(1);
  });

  test("in time although changes never end", async () => {
    const { client, clock, tell, calls } = open();
    await client.current();
    for (let ms = 0; ms < 2 * SETTLING_MS_MAX + 60; ms += 20) {
      tell(address(2, [10, 0, 0, 1], { type: ms % 40 ? RTM.newAddress : RTM.deleteAddress }));
      await clock.advance(20);
    }
    expect(calls()).toBe(2);
  });

  test.each<{ what: string; told: Told; isChange: boolean }>([
    { what: "a new link", told: link(9, "eth1"), isChange: false },
    { what: "another name", told: link(2, "lan"), isChange: true },
    { what: "a removed link", told: link(2, "eth0", RTM.deleteLink), isChange: false },
    { what: "an address more", told: address(2, [10, 0, 0, 2]), isChange: true },
    {
      what: "an address less",
      told: address(2, [10, 0, 0, 1], { type: RTM.deleteAddress }),
      isChange: true,
    },
    {
      what: "a link-local address of a pod's link",
      told: address(2, V6, { scope: SCOPE.link }),
      isChange: false,
    },
    { what: "an address of an unknown link", told: address(9, [10, 0, 0, 1]), isChange: true },
    { what: "the state of a link", told: link(2, "eth0"), isChange: false },
    {
      what: "a port that left its bridge",
      told: link(2, "eth0", RTM.deleteLink, AF_BRIDGE),
      isChange: false,
    },
    { what: "an address of kube-ipvs0", told: address(7, [10, 96, 0, 1]), isChange: false },
    { what: "kube-ipvs0 made again", told: link(8, "kube-ipvs0"), isChange: false },
    { what: "kube-ipvs0 gone", told: link(7, "kube-ipvs0", RTM.deleteLink), isChange: false },
  ])("of $what: $isChange", async ({ told, isChange }) => {
    const { client, clock, tell, calls } = open();
    await client.current();
    tell(told);
    await clock.advance(SETTLED_AFTER_MS);
    expect(calls()).toBe(isChange ? 1 : 0);
  });

  test("not of addresses on a kube-ipvs0 that came while listening", async () => {
    const { clock, tell, calls } = open();
    tell(link(8, "kube-ipvs0"));
    tell(address(8, [10, 96, 0, 1]), address(8, V6));
    await clock.advance(SETTLED_AFTER_MS);
    expect(calls()).toBe(0);
  });

  test("when some were lost", async () => {
    const { listening, clock, calls } = open();
    listening[0]?.onLost();
    await clock.advance(SETTLED_AFTER_MS);
    expect(calls()).toBe(1);
  });

  test("not after closing", async () => {
    const { client, clock, tell, calls, closed, listening } = open();
    tell(address(2, [10, 0, 0, 1]));
    client.close();
    await clock.advance(SETTLING_MS_MAX);
    await client.current();
    expect([calls(), closed(), listening.length]).toEqual([0, 1, 1]);
  });
});

describe("listening that fails", () => {
  const failure = new NetlinkError("multicast", errnoNumber("ENOMEM"));

  test("is told as a change, and begins again with the next question", async () => {
    const { client, clock, listening, tell, calls } = open();
    listening[0]?.onError(failure);
    await clock.advance(SETTLED_AFTER_MS);
    expect(calls()).toBe(1);
    await client.current();
    expect(listening).toHaveLength(2);
    tell(address(2, [10, 0, 0, 1]));
    await clock.advance(SETTLED_AFTER_MS);
    expect(calls()).toBe(2);
  });

  test("and cannot begin again rejects the question", async () => {
    const { client, listening } = open(LINKS, ADDRESSES, () => {
      throw failure;
    });
    listening[0]?.onError(failure);
    await expect(client.current()).rejects.toBe(failure);
  });
});
