/** The socket over a library that answers as scripted: matching, repeating, turns and failures. */
import { describe, expect, test } from "vitest";
import { errnoNumber, NetlinkError } from "../../../src/netlink/errors.ts";
import { NLM_F } from "../../../src/netlink/message.ts";
import { DUMP_ATTEMPTS_MAX, openSocket } from "../../../src/netlink/socket.ts";
import {
  batchOf,
  done,
  refusal,
  replies,
  ScriptedLibrary,
  sequencesIn,
} from "./scripted-library.ts";

describe("transact", () => {
  test("matches refusals to the messages of the batch", async () => {
    const library = new ScriptedLibrary((request) => {
      const [first = 0, second = 0, , fourth = 0] = sequencesIn(request);
      expect([second, fourth]).toEqual([first + 1, first + 3]);
      return replies(refusal(second, errnoNumber("EEXIST")), refusal(fourth, 0));
    });
    const failures = await openSocket(library, 16).transact("X", batchOf(4));
    expect(failures).toEqual([{ errno: errnoNumber("EEXIST"), kernelText: "", index: 1 }]);
  });

  test("of nothing asks nothing", async () => {
    const library = new ScriptedLibrary(() => 0);
    expect(await openSocket(library, 16).transact("X", batchOf(0))).toEqual([]);
    expect(library.calls).toBe(0);
  });

  test("says that the outcome is unknown when answers were lost", async () => {
    const library = new ScriptedLibrary(() => -errnoNumber("ENOBUFS"));
    const work = openSocket(library, 16).transact("IPVS write", batchOf(1));
    await expect(work).rejects.toThrow(NetlinkError);
    await expect(work).rejects.toThrow(
      "IPVS write: ENOBUFS (answers were lost; what was done is unknown)",
    );
  });

  test("never uses a sequence number twice in a row of calls", async () => {
    const seen: number[] = [];
    const library = new ScriptedLibrary((request) => {
      seen.push(...sequencesIn(request));
      return replies(refusal(seen.at(-1) ?? 0, 0));
    });
    const socket = openSocket(library, 16);
    for (let i = 0; i < 3; i++) await socket.transact("X", batchOf(2));
    expect(new Set(seen).size).toBe(6);
  });
});

describe("dump", () => {
  test("gives each request its own messages", async () => {
    const library = new ScriptedLibrary((request) => {
      const [a = 0, b = 0] = sequencesIn(request);
      return replies(
        { type: 0x20, sequence: a },
        done(a),
        { type: 0x21, sequence: b },
        { type: 0x22, sequence: b },
        done(b),
      );
    });
    const answers = await openSocket(library, 16).dump("X", batchOf(2));
    expect(answers.map(({ messages }) => messages.map(({ type }) => type))).toEqual([
      [0x20],
      [0x21, 0x22],
    ]);
  });

  test("is repeated when others wrote meanwhile", async () => {
    const library = new ScriptedLibrary((request) => {
      const [a = 0] = sequencesIn(request);
      const flags = library.calls < 3 ? NLM_F.dumpInterrupted : 0;
      return replies({ type: 0x20, sequence: a }, { ...done(a), flags });
    });
    const [answer] = await openSocket(library, 16).dump("X", batchOf(1));
    expect(answer?.messages).toHaveLength(1);
    expect(library.calls).toBe(3);
  });

  test("gives up when it is interrupted again and again, and trusts none of it", async () => {
    const library = new ScriptedLibrary((request) => {
      const [a = 0] = sequencesIn(request);
      return replies({ ...done(a), flags: NLM_F.dumpInterrupted });
    });
    const work = openSocket(library, 16).dump("X", batchOf(1));
    await expect(work).rejects.toMatchObject({ code: "EAGAIN" });
    expect(library.calls).toBe(DUMP_ATTEMPTS_MAX);
  });

  test.each([
    { name: "its end", answer: (a: number) => done(a, errnoNumber("ENOMEM")) },
    { name: "a refusal", answer: (a: number) => refusal(a, errnoNumber("ENOMEM")) },
  ])("fails with the errno of $name", async ({ answer }) => {
    const library = new ScriptedLibrary((request) => {
      const [a = 0] = sequencesIn(request);
      return replies({ type: 0x20, sequence: a }, answer(a));
    });
    const work = openSocket(library, 16).dump("X", batchOf(1));
    await expect(work).rejects.toMatchObject({ code: "ENOMEM", operation: "X" });
  });
});

describe("a socket", () => {
  test("carries calls out one after the other", async () => {
    const library = new ScriptedLibrary(async (request) => {
      await new Promise((resolve) => setImmediate(resolve));
      return replies(refusal(sequencesIn(request)[0] ?? 0, 0));
    });
    const socket = openSocket(library, 16);
    await Promise.all([1, 2, 3].map(() => socket.transact("X", batchOf(1))));
    expect(library.mostRunning).toBe(1);
  });

  test("closes after the call that runs, and refuses later ones", async () => {
    const library = new ScriptedLibrary(async (request) => {
      await new Promise((resolve) => setImmediate(resolve));
      return replies(refusal(sequencesIn(request)[0] ?? 0, 0));
    });
    const socket = openSocket(library, 16);
    const running = socket.transact("X", batchOf(1));
    await Promise.resolve();
    socket.close();
    socket.close();
    await expect(socket.transact("X", batchOf(1))).rejects.toMatchObject({ code: "EBADF" });
    await running.catch(() => undefined);
    await new Promise((resolve) => setImmediate(resolve));
    expect(library.closed).toBe(1);
  });

  test("that cannot be opened says why", () => {
    const library = new ScriptedLibrary(() => 0);
    library.open = () => ({ handle: Buffer.alloc(0), error: -errnoNumber("EPROTONOSUPPORT") });
    expect(() => openSocket(library, 255)).toThrow("socket(AF_NETLINK): EPROTONOSUPPORT");
  });
});
