/** Dumps that come in parts, over a library that answers as scripted. */
import { describe, expect, test } from "vitest";
import { errnoNumber } from "../../../src/netlink/errors.ts";
import { NLM_F } from "../../../src/netlink/message.ts";
import { DUMP_ATTEMPTS_MAX, openSocket } from "../../../src/netlink/socket.ts";
import { batchOf, done, replies, ScriptedLibrary, sequencesIn } from "./scripted-library.ts";

describe("a dump in parts", () => {
  test("shows each part with its messages, without its end", async () => {
    const library = new ScriptedLibrary((request) => {
      const [a = 0] = sequencesIn(request);
      setImmediate(() => library.parts.push(replies({ type: 0x22, sequence: a }, done(a))));
      return replies({ type: 0x20, sequence: a }, { type: 0x21, sequence: a });
    });
    library.dumpPart = slow(library.dumpPart.bind(library));
    const seen: number[][] = [];
    await openSocket(library, 16).dumpInParts("X", batchOf(1), ({ messages }) => {
      seen.push(messages.map(({ type }) => type));
    });
    expect(seen).toEqual([[0x20, 0x21], [0x22]]);
  });

  test("is repeated when it was interrupted, and given up in the end", async () => {
    const library = new ScriptedLibrary((request) => {
      const [a = 0] = sequencesIn(request);
      const flags = library.calls < 3 ? NLM_F.dumpInterrupted : 0;
      return replies({ type: 0x20, sequence: a }, { ...done(a), flags });
    });
    const socket = openSocket(library, 16);
    let visits = 0;
    await socket.dumpInParts("X", batchOf(1), () => visits++);
    expect(visits).toBe(3);
    library.calls = -1_000;
    const work = socket.dumpInParts("X", batchOf(1), () => visits++);
    await expect(work).rejects.toMatchObject({ code: "EAGAIN" });
    expect(visits).toBe(3 + DUMP_ATTEMPTS_MAX);
  });

  test("fails with the errno of its end, and with that of the socket", async () => {
    const ends = new ScriptedLibrary((request) =>
      replies(done(sequencesIn(request)[0] ?? 0, errnoNumber("ENOMEM"))),
    );
    const work = openSocket(ends, 16).dumpInParts("X", batchOf(1), () => undefined);
    await expect(work).rejects.toMatchObject({ code: "ENOMEM" });
    const broken = new ScriptedLibrary(() => -errnoNumber("ENOBUFS"));
    const other = openSocket(broken, 16).dumpInParts("X", batchOf(1), () => undefined);
    await expect(other).rejects.toMatchObject({ code: "ENOBUFS" });
  });
});

/** The same function, after everything else that was due. */
function slow<T>(work: () => Promise<T>): () => Promise<T> {
  return async () => {
    await new Promise((resolve) => setImmediate(resolve));
    return work();
  };
}
