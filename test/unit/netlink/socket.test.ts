/** The socket over a library that answers as scripted: matching, repeating, turns and failures. */
import { describe, expect, test } from "vitest";
import { errnoNumber, NetlinkError } from "../../../src/netlink/errors.ts";
import type { NativeLibrary } from "../../../src/netlink/library.ts";
import { Batch, NLM_F, NLMSG } from "../../../src/netlink/message.ts";
import { DUMP_ATTEMPTS_MAX, openSocket } from "../../../src/netlink/socket.ts";
import { Writer } from "../../../src/netlink/writer.ts";

/** What a scripted exchange answers: bytes, or the negative errno of the call. */
type Script = (request: Uint8Array) => Uint8Array | number | Promise<Uint8Array | number>;

class ScriptedLibrary implements NativeLibrary {
  readonly #script: Script;
  #answer: Uint8Array = new Uint8Array();
  calls = 0;
  running = 0;
  mostRunning = 0;
  closed = 0;

  constructor(script: Script) {
    this.#script = script;
  }

  open(): { handle: Buffer; error: number } {
    return { handle: Buffer.alloc(8), error: 0 };
  }

  transact(_handle: Buffer, request: Uint8Array): Promise<number> {
    return this.#exchange(request);
  }

  dump(_handle: Buffer, requests: Uint8Array): Promise<number> {
    return this.#exchange(requests);
  }

  listen(): number {
    return -errnoNumber("EPROTONOSUPPORT");
  }

  take(): Uint8Array {
    return this.#answer;
  }

  close(): number {
    expect(this.running).toBe(0);
    this.closed++;
    return 0;
  }

  async #exchange(request: Uint8Array): Promise<number> {
    this.calls++;
    this.running++;
    this.mostRunning = Math.max(this.mostRunning, this.running);
    const answer = await this.#script(Uint8Array.from(request));
    this.running--;
    if (typeof answer === "number") return answer;
    this.#answer = answer;
    return answer.length;
  }
}

interface Reply {
  readonly type: number;
  readonly flags?: number;
  readonly sequence: number;
  readonly words?: readonly number[];
}

function replies(...list: readonly Reply[]): Uint8Array {
  const out = new Writer(64);
  for (const { type, flags = 0, sequence, words = [] } of list) {
    out.u32(16 + words.length * 4);
    out.u16(type);
    out.u16(flags);
    out.u32(sequence);
    out.u32(0);
    for (const word of words) out.u32(word >>> 0);
  }
  return out.bytes();
}

const refusal = (sequence: number, errno: number): Reply => ({
  type: NLMSG.error,
  sequence,
  words: [-errno, 16, 0, sequence, 0],
});
const done = (sequence: number, errno = 0): Reply => ({
  type: NLMSG.done,
  sequence,
  words: [-errno],
});

function sequencesIn(request: Uint8Array): number[] {
  const view = new DataView(request.buffer);
  const found: number[] = [];
  for (let at = 0; at < request.length; at += view.getUint32(at, true)) {
    found.push(view.getUint32(at + 8, true));
  }
  return found;
}

function batchOf(count: number): Batch {
  const batch = new Batch(64);
  for (let i = 0; i < count; i++) {
    batch.begin(0x20, 0);
    batch.end();
  }
  return batch;
}

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
