/** Forgetting flows over scripted answers: which entries are named, and how. */
import { describe, expect, test } from "vitest";
import { conntrackOver } from "../../../src/conntrack/conntrack-client.ts";
import type { ForgetFlows } from "../../../src/model/flows.ts";
import { sourceOf } from "../../../src/netlink/codec.ts";
import { CONNTRACK, entryAttributes, tupleAttributes } from "../../../src/netlink/ctnl.ts";
import { errnoNumber, NetlinkError } from "../../../src/netlink/errors.ts";
import { NETFILTER_HEADER_BYTES } from "../../../src/netlink/nfnl.ts";
import { AF } from "../../../src/netlink/rtnl.ts";
import { MESSAGES_PER_SEND_MAX } from "../../../src/netlink/socket.ts";
import { type End, type Entry, writeEntry } from "../../fakes/conntrack-entry.ts";
import { type Asked, answerOf, type Script, scriptedSocket } from "../../fakes/scripted-socket.ts";

const VIP: End = ["10.96.0.10", 53];
const POD: End = ["10.1.0.1", 5353];
const OTHER_POD: End = ["10.1.0.2", 5353];
const CLIENT: End = ["10.9.0.1", 40_000];

function forget(frontend: End, backend?: End): ForgetFlows {
  return {
    kind: "forget-flows",
    protocol: "udp",
    frontend: { address: frontend[0], port: frontend[1] },
    backend: backend && { address: backend[0], port: backend[1] },
  };
}

/** Operations against a table of `entries`; gives the ids of what was deleted, in order. */
async function idsForgotten(
  entries: readonly Entry[],
  operations: readonly ForgetFlows[],
  script: Script = {},
): Promise<{ ids: number[]; count: number; calls: readonly Asked[] }> {
  const socket = scriptedSocket({
    dump: ({ messages }) => {
      const isIpv6 = messages[0]?.payload[0] === AF.inet6;
      const told = entries.filter(({ client }) => client[0].includes(":") === isIpv6);
      return told.map((entry) =>
        answerOf([{ type: CONNTRACK.new, write: ({ out }) => writeEntry(out, entry) }]),
      );
    },
    ...script,
  });
  const count = await conntrackOver(socket).forget(operations);
  const deletions = socket.calls.filter(({ operation }) => operation === "IPCTNL_MSG_CT_DELETE");
  const ids = deletions.flatMap(({ messages }) => messages.map(idIn));
  return { ids, count, calls: socket.calls };
}

function entryIn(payload: Uint8Array): ReturnType<typeof entryAttributes.read> {
  return entryAttributes.read(sourceOf(payload), NETFILTER_HEADER_BYTES, payload.length);
}

function idIn({ payload }: { payload: Uint8Array }): number {
  return entryIn(payload).id?.at(-1) ?? -1;
}

describe("the entries that go", () => {
  const entries: readonly Entry[] = [
    { id: 1, client: CLIENT, frontend: VIP, backend: POD },
    { id: 2, client: CLIENT, frontend: VIP, backend: OTHER_POD },
    { id: 3, client: CLIENT, frontend: VIP, backend: VIP },
    { id: 4, client: CLIENT, frontend: VIP, backend: POD, protocol: 6 },
    { id: 5, client: CLIENT, frontend: ["10.96.0.11", 53], backend: POD },
    { id: 6, client: CLIENT, frontend: ["10.96.0.10", 54], backend: POD },
    { id: 7, client: VIP, frontend: CLIENT, backend: CLIENT },
    { id: 8, client: CLIENT, frontend: VIP, backend: [POD[0], 9_999] },
  ];

  test("are those of a frontend that the backend answers", async () => {
    const { ids, count } = await idsForgotten(entries, [forget(VIP, POD)]);
    expect({ ids, count }).toEqual({ ids: [1], count: 1 });
  });

  test("are those that nobody answered when the backend is the frontend", async () => {
    expect((await idsForgotten(entries, [forget(VIP, VIP)])).ids).toEqual([3]);
  });

  test("are all of a frontend without a backend, in any order of the operations", async () => {
    expect((await idsForgotten(entries, [forget(VIP)])).ids).toEqual([1, 2, 3, 8]);
    const both = [forget(VIP), forget(VIP, POD)];
    expect((await idsForgotten(entries, both)).ids).toEqual([1, 2, 3, 8]);
    expect((await idsForgotten(entries, both.toReversed())).ids).toEqual([1, 2, 3, 8]);
  });

  test("are those of several operations, found in one dump", async () => {
    const operations = [forget(VIP, POD), forget(VIP, OTHER_POD), forget(["10.96.0.11", 53])];
    const { ids, calls } = await idsForgotten(entries, operations);
    expect(ids).toEqual([1, 2, 5]);
    expect(calls.map(({ operation }) => operation)).toEqual([
      "IPCTNL_MSG_CT_GET",
      "IPCTNL_MSG_CT_DELETE",
    ]);
  });

  test("are of both families, with a dump for each", async () => {
    const vip: End = ["fd00:96::a", 53];
    const entry: Entry = { id: 9, client: ["fd00::1", 1], frontend: vip, backend: ["fd00::2", 2] };
    const operations = [forget(vip), forget(VIP, POD)];
    const { ids, calls } = await idsForgotten([...entries, entry], operations);
    expect(ids).toEqual([1, 9]);
    const families = calls.map(({ messages }) => messages[0]?.payload[0]);
    expect(families).toEqual([AF.inet, AF.inet, AF.inet6, AF.inet6]);
  });
});

test("an entry is named by its whole tuple, its id and its zone", async () => {
  const entry = { id: 7, zone: 515, client: CLIENT, frontend: VIP, backend: POD };
  const { calls } = await idsForgotten([entry], [forget(VIP)]);
  const [deletion] = calls.at(-1)?.messages ?? [];
  expect(deletion?.type).toBe(CONNTRACK.delete);
  const { original = new Uint8Array(), id, zone } = entryIn(deletion?.payload ?? new Uint8Array());
  expect([...(id ?? [])]).toEqual([0, 0, 0, 7]);
  expect([...(zone ?? [])]).toEqual([2, 3]);
  expect(tupleAttributes.read(sourceOf(original), 0, original.length)).toEqual({
    ip: { source4: Uint8Array.of(10, 9, 0, 1), destination4: Uint8Array.of(10, 96, 0, 10) },
    proto: { number: 17, sourcePort: 40_000, destinationPort: 53 },
  });
});

test("nothing to forget asks nothing, and nothing found deletes nothing", async () => {
  expect((await idsForgotten([], [])).calls).toEqual([]);
  const { calls, count } = await idsForgotten([], [forget(VIP)]);
  expect(calls.map(({ operation }) => operation)).toEqual(["IPCTNL_MSG_CT_GET"]);
  expect(count).toBe(0);
});

describe("a deletion", () => {
  const entries = [1, 2, 3].map(
    (id): Entry => ({ id, client: CLIENT, frontend: VIP, backend: POD }),
  );

  test("of an entry that is gone is no failure, and is not counted", async () => {
    const script = { transact: () => [undefined, "ENOENT", undefined] };
    expect((await idsForgotten(entries, [forget(VIP)], script)).count).toBe(2);
  });

  test("that is refused rejects with the errno", async () => {
    const script = { transact: () => ["ENOENT", "EPERM"] };
    const work = idsForgotten(entries, [forget(VIP)], script);
    await expect(work).rejects.toMatchObject({ code: "EPERM", name: "NetlinkError" });
  });

  test("of very many entries goes out in several sends", async () => {
    const many = Array.from({ length: MESSAGES_PER_SEND_MAX + 1 }, () => entries[0] as Entry);
    const { count, calls } = await idsForgotten(many, [forget(VIP)]);
    expect(count).toBe(many.length);
    expect(calls.map(({ messages }) => messages.length)).toEqual([1, MESSAGES_PER_SEND_MAX, 1]);
  });
});

describe("a kernel that refuses the filter of a dump", () => {
  test.each(["EOPNOTSUPP", "EINVAL"])("with %s is asked without it, from then on", async (code) => {
    let asked = 0;
    const sizes: number[] = [];
    const socket = scriptedSocket({
      dump: ({ operation, messages }) => {
        sizes.push(messages[0]?.payload.length ?? 0);
        if (asked++ === 0) throw new NetlinkError(operation, errnoNumber(code));
        return [];
      },
    });
    const conntrack = conntrackOver(socket);
    await conntrack.forget([forget(VIP)]);
    await conntrack.forget([forget(VIP)]);
    expect(sizes.slice(1)).toEqual([NETFILTER_HEADER_BYTES, NETFILTER_HEADER_BYTES]);
  });

  test("refuses in the end when it is not the filter", async () => {
    const refuse = { dump: refusing("EINVAL") };
    await expect(idsForgotten([], [forget(VIP)], refuse)).rejects.toMatchObject({ code: "EINVAL" });
    const forbid = { dump: refusing("EPERM") };
    await expect(idsForgotten([], [forget(VIP)], forbid)).rejects.toMatchObject({ code: "EPERM" });
  });
});

function refusing(code: string): () => never {
  return () => {
    throw new NetlinkError("IPCTNL_MSG_CT_GET", errnoNumber(code));
  };
}
