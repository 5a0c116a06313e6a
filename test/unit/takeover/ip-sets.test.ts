/** IP sets by netlink: the bytes that are asked, and what is made of the answers. */
import { expect, test } from "vitest";
import { sourceOf } from "../../../src/netlink/codec.ts";
import { NetlinkError } from "../../../src/netlink/errors.ts";
import { messagesIn } from "../../../src/netlink/message.ts";
import { ipSetsOver } from "../../../src/takeover/ip-sets.ts";
import { type Script, scriptedSocket } from "../../fakes/scripted-socket.ts";

/** nlmsghdr, nfgenmsg, protocol 6, name. */
function listed(name: string): number[] {
  const text = [...new TextEncoder().encode(`${name}\0`)];
  const padding = Array.from({ length: (4 - (text.length % 4)) % 4 }, () => 0);
  const attributes = [5, 0, 1, 0, 6, 0, 0, 0, 4 + text.length, 0, 2, 0, ...text, ...padding];
  const length = 16 + 4 + attributes.length;
  return [length, 0, 0, 0, 7, 6, 2, 0, 1, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, ...attributes];
}

function open(script: Script) {
  const socket = scriptedSocket(script);
  return { socket, ipSets: ipSetsOver(socket) };
}

test("all sets are listed by name, each once however long it is", async () => {
  const from = sourceOf(Uint8Array.from(["KUBE-A", "KUBE-A", "other"].flatMap(listed)));
  const { ipSets, socket } = open({ dump: () => [{ from, messages: [...messagesIn(from)] }] });
  expect(await ipSets.names()).toEqual(["KUBE-A", "other"]);
  expect(socket.calls[0]?.messages).toEqual([
    { type: 0x607, payload: Uint8Array.from([2, 0, 0, 0, 5, 0, 1, 0, 6, 0, 0, 0]) },
  ]);
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
