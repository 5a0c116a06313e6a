/** What our packet filter makes of the library's answers; what it does to a ruleset is the contract's business. */
import { describe, expect, test } from "vitest";
import type { FilterOperation } from "../../../src/model/packet-filter.ts";
import { NetlinkError } from "../../../src/netlink/errors.ts";
import type { NftAnswer } from "../../../src/nft/library.ts";
import { NftPacketFilter } from "../../../src/nft/nft-packet-filter.ts";
import { ManualClock } from "../../fakes/manual-clock.ts";

const ENOBUFS = 105;
const DONE: NftAnswer = { succeeded: true, output: "", errors: "" };
const OPERATIONS: readonly FilterOperation[] = ["10.1.0.1", "10.1.0.2"].map((address) => ({
  kind: "add-filter",
  object: {
    kind: "element",
    family: "ipv4",
    set: "hairpin",
    key: `${address} . ${address}`,
    value: "",
  },
}));

function failing(errors: string): NftAnswer {
  return { succeeded: false, output: "", errors };
}

/** One that gives these answers, the last one again and again. */
function filterWith(...answers: readonly NftAnswer[]) {
  const scripts: string[] = [];
  const listeners: { onError: () => void }[] = [];
  let closed = 0;
  const filter = new NftPacketFilter({
    clock: new ManualClock(),
    ownPorts: () => new Set(),
    library: {
      run: async (script) => {
        scripts.push(script);
        return answers[scripts.length - 1] ?? answers.at(-1) ?? DONE;
      },
      close: () => {
        closed += 1;
      },
    },
    listen: (options) => {
      listeners.push({ onError: () => options.onError(new NetlinkError("listen", ENOBUFS)) });
      return {
        close: () => {
          closed += 1;
        },
      };
    },
  });
  filter.configure({ masqueradeBit: 14, masqueradeAll: false, localClients: { kind: "none" } });
  return { filter, scripts, listeners, closed: () => closed };
}

describe("write", () => {
  test("is one script, and nothing at all where there is nothing to do", async () => {
    const { filter, scripts } = filterWith(DONE);
    expect(await filter.write([])).toEqual([]);
    expect(await filter.write(OPERATIONS)).toEqual([]);
    expect(scripts).toHaveLength(1);
  });

  test("that is refused gives all operations back, with the kernel's reason", async () => {
    const { filter } = filterWith(
      failing("Error: Could not process rule: No such file or directory\n"),
    );
    const failures = await filter.write(OPERATIONS);
    expect(failures.map(({ index, code }) => [index, code])).toEqual([
      [0, "ENOENT"],
      [1, "ENOENT"],
    ]);
    expect(failures[0]?.message).toMatch(/hairpin.*10\.1\.0\.1.*No such file or directory/);
  });

  test.each([
    ["Error: Operation not permitted", "NO_PERMISSION"],
    ["Error: Could not process rule: Protocol not supported", "NO_NFTABLES"],
  ])("rejects where the whole kernel says no: %s", async (errors, code) => {
    const { filter } = filterWith(failing(errors));
    await expect(filter.write(OPERATIONS)).rejects.toMatchObject({ code });
  });
});

describe("new tables", () => {
  const objects = OPERATIONS.map(({ object }) => object);

  test("come with all that they hold in one script", async () => {
    const { filter, scripts } = filterWith(DONE);
    await filter.replace(objects);
    expect(scripts).toHaveLength(1);
    for (const ip of ["ip", "ip6"]) expect(scripts[0]).toContain(`delete table ${ip} kube-ipvs`);
    expect(scripts[0]).toMatch(
      /add element ip kube-ipvs hairpin \{ 10\.1\.0\.1 .*10\.1\.0\.2 \}\n$/,
    );
  });

  test("that are refused are an error with the kernel's reason", async () => {
    const { filter } = filterWith(failing("Error: Could not process rule: File exists\n"));
    await expect(filter.replace(objects)).rejects.toMatchObject({
      code: "REFUSED",
      message: expect.stringContaining("File exists"),
    });
  });
});

describe("reading", () => {
  test("a table that is not there holds nothing, and an unreadable answer an error", async () => {
    const absent = filterWith(failing("Error: No such file or directory"));
    expect(await absent.filter.read()).toEqual({ tables: "other", objects: [] });
    const unreadable = filterWith({ ...DONE, output: "no json" });
    await expect(unreadable.filter.read()).rejects.toMatchObject({ code: "UNREADABLE" });
  });

  test("begins to listen again after listening has failed", async () => {
    const { filter, listeners } = filterWith(failing("Error: No such file or directory"));
    listeners[0]?.onError();
    expect(listeners).toHaveLength(1);
    await filter.read();
    expect(listeners).toHaveLength(2);
  });

  test("of a filter that nobody configured is a mistake of the program", async () => {
    const { filter } = filterWith(DONE);
    const bare = new NftPacketFilter({
      clock: new ManualClock(),
      ownPorts: () => new Set(),
      library: { run: async () => DONE, close: () => {} },
      listen: () => ({ close: () => {} }),
    });
    await expect(bare.read()).rejects.toThrow(/not configured/);
    filter.close();
  });
});

test("closing ends listening and the library", () => {
  const { filter, closed } = filterWith(DONE);
  filter.close();
  expect(closed()).toBe(2);
});
