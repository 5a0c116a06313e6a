/** IP sets by netlink: the bytes that are asked, and what is made of the answers. */
import { expect, test } from "vitest";
import { sourceOf } from "../../../src/netlink/codec.ts";
import { NetlinkError } from "../../../src/netlink/errors.ts";
import { messagesIn } from "../../../src/netlink/message.ts";
import { ipSetsOver } from "../../../src/takeover/ip-sets.ts";
import { type Script, scriptedSocket } from "../../fakes/scripted-socket.ts";

/** nlmsghdr, nfgenmsg, protocol 6, name, and what else. */
function listed(name: string, ...more: readonly number[]): number[] {
  const text = [...new TextEncoder().encode(`${name}\0`)];
  const padding = Array.from({ length: (4 - (text.length % 4)) % 4 }, () => 0);
  const named = [5, 0, 1, 0, 6, 0, 0, 0, 4 + text.length, 0, 2, 0, ...text, ...padding];
  const attributes = [...named, ...more];
  const length = 16 + 4 + attributes.length;
  return [length, 0, 0, 0, 7, 6, 2, 0, 1, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, ...attributes];
}

function open(script: Script) {
  const socket = scriptedSocket(script);
  return { socket, ipSets: ipSetsOver(socket) };
}

test("all sets are listed by name, each once however long it is", async () => {
  const sets = ["KUBE-A", "KUBE-A", "other"].flatMap((name) => listed(name));
  const from = sourceOf(Uint8Array.from(sets));
  const { ipSets, socket } = open({ dump: () => [{ from, messages: [...messagesIn(from)] }] });
  expect(await ipSets.names()).toEqual(["KUBE-A", "other"]);
  expect(socket.calls[0]?.messages).toEqual([
    { type: 0x607, payload: Uint8Array.from([2, 0, 0, 0, 5, 0, 1, 0, 6, 0, 0, 0]) },
  ]);
});

/** `IPSET_ATTR_ADT` of members, each `IPSET_ATTR_DATA` of these attributes. */
function members(...each: readonly (readonly number[])[]): number[] {
  const data = each.flatMap((attributes) => [4 + attributes.length, 0, 7, 0x80, ...attributes]);
  return [4 + data.length, 0, 8, 0x80, ...data];
}

const IPV4 = [12, 0, 1, 0x80, 8, 0, 1, 0x40, 192, 0, 2, 7];
const IPV6 = [24, 0, 1, 0x80, 20, 0, 2, 0x40, 0x20, 1, 0xd, 0xb8, ...Array(11).fill(0), 7];
const PORT_30080 = [6, 0, 4, 0x40, 0x75, 0x80, 0, 0];
const SCTP = [5, 0, 7, 0, 132, 0, 0, 0];
/** `IPSET_ATTR_DATA` of the set itself, which its first message has. */
const OF_SET = [12, 0, 7, 0x80, ...PORT_30080];

test("the members of a set are read from all of its messages, as far as its type has them", async () => {
  const messages = [
    listed("KUBE-A", ...OF_SET, ...members([...IPV4, ...PORT_30080, ...SCTP], PORT_30080)),
    listed("KUBE-A", ...members([...IPV6, ...PORT_30080, ...SCTP])),
    listed("KUBE-A"),
  ];
  const from = sourceOf(Uint8Array.from(messages.flat()));
  const { ipSets, socket } = open({ dump: () => [{ from, messages: [...messagesIn(from)] }] });
  expect(await ipSets.members("KUBE-A")).toEqual([
    { address: "192.0.2.7", port: 30_080, protocol: 132 },
    { address: undefined, port: 30_080, protocol: undefined },
    { address: "2001:db8::7", port: 30_080, protocol: 132 },
  ]);
  const name = [11, 0, 2, 0, ...new TextEncoder().encode("KUBE-A\0"), 0];
  expect(socket.calls[0]?.messages).toEqual([
    { type: 0x607, payload: Uint8Array.from([2, 0, 0, 0, 5, 0, 1, 0, 6, 0, 0, 0, ...name]) },
  ]);
});

test("a set that is gone has no members", async () => {
  const dump = () => {
    throw new NetlinkError("IPSET_CMD_LIST", 2);
  };
  expect(await open({ dump }).ipSets.members("KUBE-A")).toEqual([]);
});

test("a member that is cut off is an error, and no member", async () => {
  const cut = [16, 0, 8, 0x80, 24, 0, 7, 0x80, ...PORT_30080];
  const from = sourceOf(Uint8Array.from(listed("KUBE-A", ...cut)));
  const dump = () => [{ from, messages: [...messagesIn(from)] }];
  await expect(open({ dump }).ipSets.members("KUBE-A")).rejects.toThrow("IPSET_ATTR_ADT");
});

test("a kernel without IP sets has none", async () => {
  const dump = () => {
    throw new NetlinkError("IPSET_CMD_LIST", 22);
  };
  expect(await open({ dump }).ipSets.names()).toEqual([]);
});

test("another failure of the list is told", async () => {
  const dump = () => {
    throw new NetlinkError("IPSET_CMD_LIST", 1);
  };
  await expect(open({ dump }).ipSets.names()).rejects.toThrow("IPSET_CMD_LIST: EPERM");
});

test("a set is destroyed by name; one that is gone already is, too", async () => {
  const { ipSets, socket } = open({ transact: () => [] });
  expect(await ipSets.destroy("KUBE-A")).toBe("destroyed");
  expect(socket.calls[0]?.messages[0]?.type).toBe(0x603);
  expect(await open({ transact: () => ["ENOENT"] }).ipSets.destroy("KUBE-A")).toBe("destroyed");
});

test("a set that rules refer to stays, and other refusals are errors", async () => {
  const socket = scriptedSocket({});
  socket.transact = async () => [{ index: 0, errno: 4100, kernelText: "" }];
  expect(await ipSetsOver(socket).destroy("KUBE-A")).toBe("in-use");
  await expect(open({ transact: () => ["EPERM"] }).ipSets.destroy("KUBE-A")).rejects.toThrow(
    "IPSET_CMD_DESTROY KUBE-A: EPERM",
  );
});
