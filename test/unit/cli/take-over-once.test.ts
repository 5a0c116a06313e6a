/** What the log says of a take-over, and when a running agent tries it. */
import { mkdir } from "node:fs/promises";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { OpenTakeOver } from "../../../src/cli/context.ts";
import { type TakeOverOnceOptions, takeOverOnce } from "../../../src/cli/take-over-once.ts";
import { capturedLog, LEVEL } from "../../fakes/captured-log.ts";
import { Leftovers, type LeftoversOptions } from "../../fakes/leftovers.ts";
import { ManualClock } from "../../fakes/manual-clock.ts";
import { tcp } from "../plan/samples.ts";
import { Shell, webManifest } from "./shell.ts";

let shell: Shell;
beforeEach(async () => {
  shell = await Shell.open();
  await mkdir(shell.path("manifests"));
});
afterEach(() => shell.close());

const LINE =
  "run --manifests DIR/manifests --status-socket DIR/agent.sock --log-format json " +
  "--healthz-port 0 --metrics-port 0";

const STAYS = Number.POSITIVE_INFINITY;

/** A take-over that has begun, on a clock of its own. */
function begin(
  openTakeOver: () => OpenTakeOver,
  inherit: TakeOverOnceOptions["inherit"] = async () => [],
) {
  const { log, lines } = capturedLog();
  const clock = new ManualClock();
  const end = new AbortController();
  const left: number[] = [];
  const { signal } = end;
  const onLeftovers = (count: number): void => {
    left.push(count);
  };
  const over = takeOverOnce({ openTakeOver, inherit, onLeftovers, clock, log, signal });
  return { lines, clock, end, left, over };
}

/** What is said in the first half second, before anything is tried again. */
async function linesOf(openTakeOver: () => OpenTakeOver) {
  const { lines, clock, end, over } = begin(openTakeOver);
  await clock.advance(500);
  end.abort();
  await over;
  return lines;
}

test("a node without leftovers is no news, and the kernel is let go", async () => {
  const kernel = new Leftovers({ sets: ["calico"], legacy: ["nat"] });
  expect(await linesOf(() => kernel)).toEqual([]);
  expect(kernel.isClosed).toBe(true);
});

test("what was removed is one line", async () => {
  const lines = await linesOf(() => new Leftovers({ sets: ["KUBE-CLUSTER-IP"] }));
  expect(lines).toHaveLength(1);
  expect(lines[0]).toMatchObject({ level: LEVEL.info, sets: ["KUBE-CLUSTER-IP"] });
});

test.each([
  { legacy: ["nat"], said: "run these commands as root" },
  { legacy: [], said: "rules of others refer to them" },
])("what stays is one warning, which says: $said", async ({ legacy, said }) => {
  const inUse = { "KUBE-LOOP-BACK": STAYS };
  const lines = await linesOf(() => new Leftovers({ sets: ["KUBE-LOOP-BACK"], inUse, legacy }));
  expect(lines).toHaveLength(1);
  expect(lines[0]).toMatchObject({ level: LEVEL.warn, setsInUse: ["KUBE-LOOP-BACK"] });
  expect(lines[0]?.msg).toContain(said);
});

test("a kernel that cannot be opened or refuses is a warning", async () => {
  const refusing = new Leftovers({ sets: ["KUBE-LOOP-BACK"] });
  refusing.ipSets.destroy = () => Promise.reject(new Error("EPERM"));
  const cannotOpen = (): OpenTakeOver => {
    throw new Error("no library");
  };
  for (const open of [() => refusing, cannotOpen]) {
    const lines = await linesOf(open);
    expect(lines.map(({ level }) => level)).toEqual([LEVEL.warn]);
  }
  expect(refusing.isClosed).toBe(true);
});

const REFUSES = "until they are gone they go on refusing";
const MASQUERADE = ["KUBE-NODE-PORT", "KUBE-MARK-MASQ"];
const FIREWALL = ["KUBE-NODE-PORT", "KUBE-IPVS-FILTER"];

/** Leftovers of which a chain of somebody else uses the last one of `chains`. */
function usedChains(table: "nat" | "filter", chains: readonly string[]): LeftoversOptions {
  const names = [...chains, "CNI"].map((name) => ({ chain: { family: "ip", table, name } }));
  const expr = [{ jump: { target: chains.at(-1) } }];
  const used = { rule: { family: "ip", table, chain: "CNI", handle: 9, expr } };
  const listing = { nftables: [...names, used] };
  return { listings: { "chains ip": { nftables: names }, [`table ip ${table}`]: listing } };
}

test.each([
  { what: "chains of the old iptables", legacy: ["nat"], refuses: true },
  { what: "a chain that refuses", ...usedChains("filter", FIREWALL), refuses: true },
  { what: "a chain that masquerades", ...usedChains("nat", MASQUERADE), refuses: false },
])("the warning says what follows: $what", async ({ refuses, ...options }) => {
  const inUse = { "KUBE-IPVS-IPS": STAYS };
  const lines = await linesOf(() => new Leftovers({ sets: ["KUBE-IPVS-IPS"], inUse, ...options }));
  const warning = lines.find(({ level }) => level === LEVEL.warn);
  expect(String(warning?.msg).includes(REFUSES)).toBe(refuses);
});

test("what stays is counted, looked for again, and told again only when it is not the same", async () => {
  const sets = ["KUBE-LOOP-BACK", "KUBE-IPVS-IPS"];
  const inUse = { "KUBE-LOOP-BACK": 4, "KUBE-IPVS-IPS": 6 };
  const kernel = new Leftovers({ sets, inUse, legacy: ["nat"] });
  const { clock, lines, left, over } = begin(() => kernel);
  await clock.advance(600_000 * 6);
  await over;
  expect(left).toEqual([2, 2, 2, 2, 1, 1, 0]);
  expect(lines.filter(({ level }) => level === LEVEL.warn)).toHaveLength(2);
});

test("what fails is tried again, ever more slowly, until it goes", async () => {
  let tries = 0;
  const refusing = (): OpenTakeOver => {
    tries += 1;
    if (tries < 12) throw new Error("no library");
    return new Leftovers({ sets: ["KUBE-LOOP-BACK"] });
  };
  const { clock, lines, over, left } = begin(refusing);
  await clock.advance(14_000);
  expect(tries).toBe(4);
  await clock.advance(3_600_000);
  await over;
  expect(tries).toBe(12);
  const seconds = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 600];
  const waits = lines.filter(({ level }) => level === LEVEL.warn).map(({ retryInMs }) => retryInMs);
  expect(waits).toEqual(seconds.map((s) => s * 1_000));
  expect(left).toEqual([0]);
});

test("virtual services that IP sets name are removed before the sets, and asked for once", async () => {
  const sets = ["KUBE-NODE-PORT-TCP", "KUBE-LOOP-BACK"];
  const members = { "KUBE-NODE-PORT-TCP": [{ port: 30_080 }] };
  const kernel = new Leftovers({ sets, members, inUse: { "KUBE-LOOP-BACK": STAYS } });
  const asked: boolean[][] = [];
  const { clock, lines, end, over } = begin(
    () => kernel,
    async (isTheirs) => {
      expect(kernel.did).toEqual([]);
      asked.push([30_080, 30_081].map((port) => isTheirs(tcp("192.0.2.7", port))));
      return ["tcp/192.0.2.7:30080"];
    },
  );
  await clock.advance(600_000);
  expect(asked).toEqual([[true, false]]);
  expect(kernel.did).toEqual(["destroy KUBE-NODE-PORT-TCP"]);
  expect(lines[0]).toMatchObject({ virtualServices: ["tcp/192.0.2.7:30080"] });
  end.abort();
  await over;
});

test("an agent that ends meanwhile leaves all as it is, without a word", async () => {
  const kernel = new Leftovers({ sets: ["KUBE-NODE-PORT-TCP"] });
  const { lines, clock, end, over } = begin(
    () => kernel,
    (_, signal) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener("abort", () => reject(signal.reason));
      }),
  );
  await clock.advance(1_000);
  end.abort();
  await over;
  expect([kernel.did, lines, kernel.isClosed]).toEqual([[], [], true]);
});

test("run takes over after its first sync, and goes on when it cannot", async () => {
  await shell.write("manifests/web.yaml", webManifest());
  shell.leftovers = undefined;
  const ended = shell.run(LINE);
  const messages = async () => (await shell.log()).map(({ msg }) => String(msg));
  const isWarning = (msg: string) => msg.includes("could not be removed");
  await vi.waitFor(async () => expect((await messages()).some(isWarning)).toBe(true), 5_000);
  await shell.write("manifests/web.yaml", webManifest({ endpoints: ["10.1.0.1", "10.1.0.2"] }));
  await vi.waitFor(() => expect(shell.kernel.messages).toBe(5), 5_000);
  shell.end.abort();
  expect((await ended).code).toBe(0);
  const all = await messages();
  expect(all.indexOf("first sync finished")).toBeLessThan(all.findIndex(isWarning));
});

test("plan takes nothing over", async () => {
  await shell.write("manifests/web.yaml", webManifest());
  const leftovers = new Leftovers({ sets: ["KUBE-CLUSTER-IP"] });
  shell.leftovers = leftovers;
  await shell.run("plan --manifests DIR/manifests --node-name node-a");
  expect(leftovers.did).toEqual([]);
});
