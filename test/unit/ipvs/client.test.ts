/** The IPVS client where a real kernel cannot be brought: other kernels, refusals, and big batches. */
import { expect, test } from "vitest";
import { DUMPS_PER_CALL_MAX, ipvsOver } from "../../../src/ipvs/client.ts";
import type { Ipvs } from "../../../src/ipvs/ipvs.ts";
import { IpvsUnavailableError } from "../../../src/ipvs/ipvs-unavailable-error.ts";
import type { IpvsOperation } from "../../../src/model/operation.ts";
import { NetlinkError } from "../../../src/netlink/errors.ts";
import { MESSAGES_PER_SEND_MAX } from "../../../src/netlink/socket.ts";
import { destinationAt, podAddress, serviceOf, socket, WEB } from "../../contract/samples.ts";
import { ipvsAnswer } from "../../fakes/ipvs-answers.ts";
import {
  type Asked,
  type Script,
  type ScriptedSocket,
  scriptedSocket,
} from "../../fakes/scripted-socket.ts";

/** A kernel with IPVS that answers everything else as `script` says. */
function kernel(script: Script): ScriptedSocket {
  return scriptedSocket({
    ...script,
    request: (asked) => script.request?.(asked) ?? ipvsAnswer(asked.operation),
  });
}

async function openWith(script: Script): Promise<{ ipvs: Ipvs; socket: ScriptedSocket }> {
  const socket = kernel(script);
  return { ipvs: await ipvsOver(socket), socket };
}

test("a kernel without IPVS is an error that says what is missing and how to get it", async () => {
  const opened = ipvsOver(scriptedSocket({ request: () => "ENOENT" }));

  await expect(opened).rejects.toThrow(IpvsUnavailableError);
  await expect(opened).rejects.toMatchObject({
    code: "NO_IPVS",
    message: expect.stringMatching(/no IPVS.*modprobe ip_vs/),
    cause: expect.any(NetlinkError),
  });
});

test("a kernel that refuses IPVS to this process is another error, about CAP_NET_ADMIN", async () => {
  const request = ({ operation }: Asked) =>
    operation.startsWith("CTRL") ? ipvsAnswer(operation) : "EPERM";
  const opened = ipvsOver(scriptedSocket({ request }));

  await expect(opened).rejects.toThrow(IpvsUnavailableError);
  await expect(opened).rejects.toMatchObject({
    code: "NO_PERMISSION",
    message: expect.stringContaining("CAP_NET_ADMIN"),
  });
});

test("any other failure to open is handed on as it is", async () => {
  const opened = ipvsOver(scriptedSocket({ request: () => "ENOBUFS" }));

  await expect(opened).rejects.toMatchObject({ name: "NetlinkError", code: "ENOBUFS" });
});

test("the version is read as the kernel prints it", async () => {
  const { ipvs } = await openWith({});

  expect(await ipvs.info()).toEqual({ version: "1.2.1", connectionTableSize: 4096 });
});

test.each`
  refusal           | what                            | answer
  ${"EINVAL"}       | ${"the prefix was looked at"}   | ${true}
  ${"ENOENT"}       | ${"the scheduler is missing"}   | ${false}
  ${"EAFNOSUPPORT"} | ${"IPVS without IPv6"}          | ${undefined}
  ${"EEXIST"}       | ${"the probe's mark is in use"} | ${undefined}
`("asking for a scheduler: $refusal ($what) is $answer", async ({ refusal, answer }) => {
  const { ipvs, socket } = await openWith({ transact: () => [refusal] });

  expect(await ipvs.hasScheduler("mh")).toBe(answer);
  expect(socket.calls.at(-1)?.messages).toHaveLength(1);
});

test("asking for a scheduler and being refused for another reason is an error", async () => {
  const { ipvs } = await openWith({ transact: () => ["ENOMEM"] });

  await expect(ipvs.hasScheduler("mh")).rejects.toMatchObject({ code: "ENOMEM" });
});

test("a kernel that accepts the probe has the scheduler, and the probe is deleted at once", async () => {
  const { ipvs, socket } = await openWith({ transact: () => [] });

  expect(await ipvs.hasScheduler("mh")).toBe(true);
  const [added, deleted] = socket.calls.slice(-2);
  expect(added?.messages[0]?.payload[0]).toBe(1); // IPVS_CMD_NEW_SERVICE
  expect(deleted?.messages[0]?.payload[0]).toBe(3); // IPVS_CMD_DEL_SERVICE
});

test("a big write goes out in parts, and refusals are counted through all of them", async () => {
  let parts = 0;
  const { ipvs, socket } = await openWith({
    transact: () => (parts++ === 0 ? ["EINVAL"] : ["EEXIST", undefined, "ENOENT"]),
  });
  const operations = Array.from(
    { length: 2 * MESSAGES_PER_SEND_MAX + 3 },
    (_, i): IpvsOperation => ({
      kind: "add-destination",
      key: WEB,
      destination: destinationAt(podAddress(i)),
    }),
  );
  const before = socket.calls.length;

  const failures = await ipvs.write(operations);

  const sent = socket.calls.slice(before).map(({ messages }) => messages.length);
  expect(sent).toEqual([MESSAGES_PER_SEND_MAX, MESSAGES_PER_SEND_MAX, 3]);
  expect(failures.map(({ index, code }) => `${index} ${code}`)).toEqual([
    "0 EINVAL",
    `${MESSAGES_PER_SEND_MAX} EEXIST`,
    `${MESSAGES_PER_SEND_MAX + 2} ENOENT`,
    `${2 * MESSAGES_PER_SEND_MAX} EEXIST`,
    `${2 * MESSAGES_PER_SEND_MAX + 2} ENOENT`,
  ]);
});

test.each`
  kind                    | code        | isFailure
  ${"delete-service"}     | ${"ESRCH"}  | ${false}
  ${"delete-service"}     | ${"ENOENT"} | ${true}
  ${"delete-destination"} | ${"ESRCH"}  | ${false}
  ${"delete-destination"} | ${"ENOENT"} | ${false}
  ${"delete-destination"} | ${"EBUSY"}  | ${true}
  ${"set-destination"}    | ${"ENOENT"} | ${true}
`("$kind refused with $code is a failure: $isFailure", async ({ kind, code, isFailure }) => {
  const { ipvs } = await openWith({ transact: () => [code] });
  const destination = destinationAt("10.1.0.1");

  const failures = await ipvs.write([{ kind, key: WEB, destination } as IpvsOperation]);

  expect(failures.map((failure) => failure.code)).toEqual(isFailure ? [code] : []);
});

test.each([1, MESSAGES_PER_SEND_MAX + 1, 3 * MESSAGES_PER_SEND_MAX])(
  "a socket that breaks in a write of %i operations rejects the whole of it",
  async (count) => {
    const { ipvs, socket } = await openWith({});
    socket.transact = async (operation) => {
      throw new NetlinkError(operation, 105);
    };
    const service = serviceOf(WEB);

    const write = ipvs.write(
      Array.from({ length: count }, () => ({ kind: "add-service", service })),
    );

    await expect(write).rejects.toMatchObject({ code: "ENOBUFS" });
  },
);

test("destinations of many services are asked for in calls of limited size", async () => {
  const { ipvs, socket } = await openWith({
    transact: ({ messages }) => messages.map((_, i) => (i % 2 === 0 ? "ESRCH" : undefined)),
  });
  const keys = Array.from({ length: DUMPS_PER_CALL_MAX + 2 }, (_, i) => socketKey(i));

  const found = await ipvs.destinations(keys);

  const dumps = socket.calls.filter(({ operation }) => operation === "IPVS_CMD_GET_DEST");
  expect(dumps.map(({ messages }) => messages.length)).toEqual([DUMPS_PER_CALL_MAX, 2]);
  expect(found.slice(0, 3)).toEqual([undefined, [], undefined]);
  expect(found.slice(-2)).toEqual([undefined, []]);
});

function socketKey(index: number): ReturnType<typeof socket> {
  return socket("tcp", podAddress(index), 80);
}

test("closing closes the socket", async () => {
  const { ipvs, socket } = await openWith({});

  ipvs.close();

  expect(socket.closed).toBe(true);
});
