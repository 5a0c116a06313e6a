/** The real library and this machine's kernel, with questions that need no privilege. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { resolveFamily } from "../../../src/netlink/genl.ts";
import { bindLibrary, loadLibrary, NativeLibraryError } from "../../../src/netlink/library.ts";
import { Batch, NLM_F } from "../../../src/netlink/message.ts";
import {
  LINK_HEADER_BYTES,
  linkAttributes,
  RTM,
  writeLinkHeader,
} from "../../../src/netlink/rtnl.ts";
import { NETLINK, openSocket } from "../../../src/netlink/socket.ts";

const folder = mkdtempSync(join(tmpdir(), "kube-ipvs-knl-"));
afterAll(() => rmSync(folder, { recursive: true }));

describe("the kernel", () => {
  test("names the family that knows the others", async () => {
    const socket = openSocket(loadLibrary(), NETLINK.generic);
    expect(await resolveFamily(socket, "nlctrl")).toMatchObject({ id: 16 });
    socket.close();
  });

  test("has no family of a name that nobody gave, also the second time", async () => {
    const socket = openSocket(loadLibrary(), NETLINK.generic);
    for (let i = 0; i < 2; i++) {
      await expect(resolveFamily(socket, "no-such-one")).rejects.toMatchObject({ code: "ENOENT" });
    }
    socket.close();
  });

  test("dumps its links, the same ones for each of two dumps in one call", async () => {
    const socket = openSocket(loadLibrary(), NETLINK.route);
    const batch = new Batch(64);
    for (let i = 0; i < 2; i++) {
      batch.begin(RTM.getLink, NLM_F.dump);
      writeLinkHeader(batch.out, 0);
      batch.end();
    }
    const names = (await socket.dump("RTM_GETLINK", batch)).map(({ from, messages }) =>
      messages.map(
        ({ start, end }) => linkAttributes.read(from, start + LINK_HEADER_BYTES, end).name,
      ),
    );
    expect(names[0]).toContain("lo");
    expect(names[1]).toEqual(names[0]);
    socket.close();
  });
});

describe("a dump in parts", () => {
  test("has what the whole one has, and may be given up", async () => {
    const socket = openSocket(loadLibrary(), NETLINK.route);
    const batch = new Batch(64);
    batch.begin(RTM.getLink, NLM_F.dump);
    writeLinkHeader(batch.out, 0);
    batch.end();
    const stop = new Error("seen enough");
    const given = socket.dumpInParts("RTM_GETLINK", batch, () => {
      throw stop;
    });
    await expect(given).rejects.toBe(stop);
    let links = 0;
    await socket.dumpInParts("RTM_GETLINK", batch, ({ messages }) => {
      links += messages.length;
    });
    const [whole] = await socket.dump("RTM_GETLINK", batch);
    expect(links).toBeGreaterThan(0);
    expect(links).toBe(whole?.messages.length);
    socket.close();
  });
});

describe("the library", () => {
  test("that is missing says how to get it", () => {
    expect(() => bindLibrary(undefined)).toThrow(NativeLibraryError);
    expect(() => bindLibrary(undefined)).toThrow("is missing: run `npm run build`");
  });

  test("that is none says so", () => {
    const path = join(folder, "not-a-library.so");
    writeFileSync(path, "no");
    expect(() => bindLibrary(path)).toThrow(NativeLibraryError);
  });

  test("of another ABI is refused", () => {
    const source = join(folder, "other.c");
    const path = join(folder, "other.so");
    const names = [
      "open",
      "transact",
      "dump",
      "dump_begin",
      "dump_part",
      "take",
      "close",
      "trim",
      "listen",
    ];
    const functions = names.map((name) => `int knl_${name}(void) { return 0; }`);
    writeFileSync(source, `int knl_abi(void) { return 999; }\n${functions.join("\n")}\n`);
    execFileSync("cc", ["-shared", "-fPIC", "-o", path, source]);
    expect(() => bindLibrary(path)).toThrow(/has ABI 999, this program needs \d+/);
  });
});
