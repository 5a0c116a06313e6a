/** The link's client where a real kernel cannot be brought: races, other kernels, and refusals. */
import { expect, test } from "vitest";
import { HostError } from "../../../src/host/host-error.ts";
import type { ServiceInterface } from "../../../src/host/service-interface.ts";
import { serviceInterfaceOver } from "../../../src/host/service-interface-client.ts";
import type { AddressOperation } from "../../../src/model/operation.ts";
import {
  AF,
  addressAttributes,
  linkAttributes,
  RTM,
  SCOPE,
  writeAddressHeader,
  writeLinkHeader,
} from "../../../src/netlink/rtnl.ts";
import { type Answer, MESSAGES_PER_SEND_MAX } from "../../../src/netlink/socket.ts";
import {
  type Asked,
  answerOf,
  type Script,
  type ScriptedSocket,
  scriptedSocket,
} from "../../fakes/scripted-socket.ts";

function linkAnswer(index: number, kind: string): Answer {
  return answerOf([
    {
      type: RTM.newLink,
      write: ({ out }) => {
        writeLinkHeader(out, index);
        linkAttributes.write(out, { name: "kube-ipvs0", info: kind === "" ? undefined : { kind } });
      },
    },
  ]);
}

interface ToldAddress {
  readonly bytes: readonly number[];
  readonly index?: number;
  readonly prefixLength?: number;
  readonly scope?: number;
}

function addressAnswer(addresses: readonly ToldAddress[]): Answer {
  return answerOf(
    addresses.map(({ bytes, index = 7, prefixLength = bytes.length * 8, scope = 0 }) => ({
      type: RTM.newAddress,
      write: ({ out }) => {
        const family = bytes.length === 4 ? AF.inet : AF.inet6;
        writeAddressHeader(out, { family, prefixLength, flags: 0x80, scope, index });
        addressAttributes.write(out, { address: Uint8Array.from(bytes) });
      },
    })),
  );
}

function open(script: Script): { link: ServiceInterface; socket: ScriptedSocket } {
  const socket = scriptedSocket(script);
  return { link: serviceInterfaceOver(socket), socket };
}

/** Interface index of each address message of a call. */
function indexesOf({ messages }: Asked): number[] {
  return messages.map(({ payload }) => Buffer.from(payload).readUInt32LE(4));
}

function adding(count: number): AddressOperation[] {
  return Array.from({ length: count }, (_, i) => ({
    kind: "add-address",
    address: `10.96.${i >> 8}.${i & 255}`,
  }));
}

const FD = [0xfd, ...Array.from({ length: 14 }, () => 0), 1];
const LINK_LOCAL = [0xfe, 0x80, ...Array.from({ length: 13 }, () => 0), 1];

test("a link that somebody else makes at the same time is present, not created", async () => {
  let asked = 0;
  const { link } = open({
    request: () => (asked++ === 0 ? "ENODEV" : linkAnswer(7, "dummy")),
    transact: () => ["EEXIST"],
  });

  expect(await link.ensure()).toBe("present");
});

test("a link that is deleted as soon as it is made is an error, not success", async () => {
  const { link } = open({ request: () => "ENODEV", transact: () => [] });

  await expect(link.ensure()).rejects.toThrow("somebody deletes the link");
});

test.each`
  refusal         | code                | words
  ${"EOPNOTSUPP"} | ${"NO_DUMMY_LINKS"} | ${"modprobe dummy"}
  ${"EPERM"}      | ${"NO_PERMISSION"}  | ${"CAP_NET_ADMIN"}
`("a refusal to make the link, $refusal, says $words", async ({ refusal, code, words }) => {
  const { link } = open({ request: () => "ENODEV", transact: () => [refusal] });

  const made = link.ensure();

  await expect(made).rejects.toThrow(HostError);
  await expect(made).rejects.toMatchObject({ code, message: expect.stringContaining(words) });
});

test("any other refusal to make the link is handed on as it is", async () => {
  const { link } = open({ request: () => "ENODEV", transact: () => ["ENOMEM"] });

  await expect(link.ensure()).rejects.toMatchObject({ name: "NetlinkError", code: "ENOMEM" });
});

test("a link without a kind, as hardware has, is refused", async () => {
  const { link } = open({ request: () => linkAnswer(2, "") });

  await expect(link.ensure()).rejects.toMatchObject({ code: "WRONG_LINK_KIND" });
});

test("only host addresses of this link and of its own scope are told, each once", async () => {
  const { link } = open({
    request: () => linkAnswer(7, "dummy"),
    dump: () => [
      addressAnswer([
        { bytes: [10, 96, 0, 1] },
        { bytes: [10, 96, 0, 2], index: 8 },
        { bytes: [10, 96, 0, 3], prefixLength: 24 },
      ]),
      // A kernel without IPv6 answers the second question with IPv4 again.
      addressAnswer([
        { bytes: [10, 96, 0, 1] },
        { bytes: FD },
        { bytes: LINK_LOCAL, prefixLength: 64, scope: SCOPE.link },
        { bytes: LINK_LOCAL, prefixLength: 128, scope: SCOPE.link },
      ]),
    ],
  });

  expect(await link.addresses()).toEqual(["10.96.0.1", "fd00::1"]);
});

test("addresses refused by a link that was replaced go to the new one, by their own index", async () => {
  const links = [linkAnswer(7, "dummy"), linkAnswer(9, "dummy")];
  const { link, socket } = open({
    request: () => links.shift() ?? "ENODEV",
    transact: (asked) =>
      indexesOf(asked).map((index, i) => {
        if (index === 7) return i === 0 ? "EACCES" : "ENODEV";
        return i === 1 ? "EADDRNOTAVAIL" : undefined;
      }),
  });

  const failures = await link.write(adding(3));

  const sent = socket.calls.filter(({ operation }) => operation.startsWith("RTM_NEWADDR"));
  expect(sent.map(indexesOf)).toEqual([
    [7, 7, 7],
    [9, 9],
  ]);
  expect(failures.map(({ index, code }) => `${index} ${code}`)).toEqual([
    "0 EACCES",
    "2 EADDRNOTAVAIL",
  ]);
});

test.each`
  kind                | refusal            | isFailure
  ${"add-address"}    | ${"EEXIST"}        | ${false}
  ${"add-address"}    | ${"EADDRNOTAVAIL"} | ${true}
  ${"delete-address"} | ${"EADDRNOTAVAIL"} | ${false}
  ${"delete-address"} | ${"ENXIO"}         | ${false}
  ${"delete-address"} | ${"EACCES"}        | ${true}
`("$kind refused with $refusal is a failure: $isFailure", async ({ kind, refusal, isFailure }) => {
  const { link } = open({ request: () => linkAnswer(7, "dummy"), transact: () => [refusal] });

  const failures = await link.write([{ kind, address: "fd00::1" }]);

  expect(failures.map(({ code }) => code)).toEqual(isFailure ? [refusal] : []);
});

test("many addresses go out in parts, and refusals are counted through all of them", async () => {
  const { link, socket } = open({
    request: () => linkAnswer(7, "dummy"),
    transact: () => ["EACCES"],
  });

  const failures = await link.write(adding(MESSAGES_PER_SEND_MAX + 5));

  expect(socket.calls.slice(1).map(({ messages }) => messages.length)).toEqual([
    MESSAGES_PER_SEND_MAX,
    5,
  ]);
  expect(failures.map(({ index }) => index)).toEqual([0, MESSAGES_PER_SEND_MAX]);
});

test("an address message has the host prefix, and IPv6 skips duplicate detection", async () => {
  const { link, socket } = open({ request: () => linkAnswer(7, "dummy") });

  await link.write([
    { kind: "add-address", address: "10.96.0.1" },
    { kind: "add-address", address: "fd00::1" },
    { kind: "delete-address", address: "fd00::1" },
  ]);

  const messages = socket.calls.at(-1)?.messages ?? [];
  expect(messages.map(({ type }) => type)).toEqual([20, 20, 21]);
  const heads = messages.map(({ payload }) => [...payload.subarray(0, 4)]);
  // ifa_family, ifa_prefixlen, ifa_flags (IFA_F_NODAD is 2), ifa_scope
  expect(heads).toEqual([
    [2, 32, 0, 0],
    [10, 128, 2, 0],
    [10, 128, 0, 0],
  ]);
});
