/** A manifest source over a real folder of its own, for tests: what it told, and how soon. */
import { mkdir, mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import type { TestContext } from "vitest";
import { type Clock, systemClock } from "../../../src/base/clock.ts";
import { type Change, sourceProblemText } from "../../../src/kube/change.ts";
import { ManifestSource } from "../../../src/kube/manifest-source.ts";
import { ManualClock } from "../../fakes/manual-clock.ts";

/** Longest wait for something that must come. */
const WAIT_MS_MAX = 25_000;
const POLL_MS = 5;

/** A folder with a source that watches it. */
export class WatchedFolder {
  /** What was told: `+ service default/web rr`, `- service default/web`, `replaced ...`. */
  readonly told: string[] = [];
  readonly appeared: string[] = [];
  readonly solved: string[] = [];
  readonly path: string;
  readonly source: ManifestSource;
  readonly #base: string;
  readonly #end = new AbortController();
  readonly #running: Promise<void>;
  #saw: () => void = () => {};

  private constructor(base: string, clock: Clock) {
    this.#base = base;
    this.path = join(base, "manifests");
    const text = (problem: Parameters<typeof sourceProblemText>[0]): string =>
      sourceProblemText(problem).replaceAll(`${this.path}/`, "").replaceAll(this.path, "FOLDER");
    this.source = new ManifestSource(this.path, {
      clock,
      onProblem: (problem) => this.#note(this.appeared, text(problem)),
      onSolved: (problem) => this.#note(this.solved, text(problem)),
    });
    this.#running = this.#run();
  }

  /** A folder with these files in it; `undefined` for no folder at all. */
  static async open(files: Files | undefined, clock: Clock): Promise<WatchedFolder> {
    const base = await mkdtemp(join(tmpdir(), "kube-ipvs-manifests-"));
    if (files !== undefined) {
      await mkdir(join(base, "manifests"));
      for (const [name, text] of Object.entries(files)) {
        await writeFile(join(base, "manifests", name), text);
      }
    }
    return new WatchedFolder(base, clock);
  }

  /** Writes where `cat > name` would. */
  async write(name: string, text: string): Promise<void> {
    await writeFile(join(this.path, name), text);
  }

  /** Puts a finished file in the place of another. */
  async replace(name: string, text: string): Promise<void> {
    const other = join(this.#base, "new");
    await writeFile(other, text);
    await rename(other, join(this.path, name));
  }

  /** A path beside the folder, on the same file system. */
  beside(name: string): string {
    return join(this.#base, name);
  }

  /** Resolves with the milliseconds it took until `list` has `entry` (once more than `times` before). */
  async until(list: readonly string[], entry: string, since: number): Promise<number> {
    const startMs = performance.now();
    while (!list.slice(since).includes(entry)) {
      if (performance.now() - startMs > WAIT_MS_MAX) {
        throw new Error(`never told: ${entry}\ntold: ${list.join("\n      ")}`);
      }
      await Promise.race([
        new Promise<void>((resolve) => {
          this.#saw = resolve;
        }),
        wait(50),
      ]);
    }
    return performance.now() - startMs;
  }

  /** Does something, and resolves with the milliseconds from its end until `entry` was told. */
  async after(action: () => Promise<unknown>, entry: string): Promise<number> {
    const since = this.told.length;
    await action();
    return this.until(this.told, entry, since);
  }

  /** Ends the source and removes everything. */
  async close(): Promise<void> {
    this.#end.abort();
    await this.#running;
    await rm(this.#base, { recursive: true });
  }

  async #run(): Promise<void> {
    for await (const batch of this.source.changes(this.#end.signal)) {
      for (const change of batch) this.#note(this.told, changeText(change));
    }
  }

  #note(list: string[], entry: string): void {
    list.push(entry);
    this.#saw();
  }
}

function changeText(change: Change): string {
  if (change.kind === "replaced") {
    const names = [...change.picture.services.keys()].join(" ");
    return `replaced ${names}${change.picture.complete ? "" : " (incomplete)"}`;
  }
  if (change.kind === "circumstances") return change.kind;
  if (change.value === undefined) return `- ${change.kind} ${change.name}`;
  const scheduler =
    change.kind === "service" ? ` ${change.value.annotations["kube-ipvs.io/scheduler"]}` : "";
  return `+ ${change.kind} ${change.name}${scheduler}`;
}

type Files = Readonly<Record<string, string>>;

/** A watched folder that goes when the test ends; `undefined` for no folder at all. */
export async function openFolder(
  context: TestContext,
  files: Files | undefined,
  clock: Clock = systemClock,
): Promise<WatchedFolder> {
  const opened = await WatchedFolder.open(files, clock);
  context.onTestFinished(() => opened.close());
  return opened;
}

/** The same, once the source has told its first picture. */
export async function openTold(context: TestContext, files: Files): Promise<WatchedFolder> {
  const opened = await openFolder(context, files);
  while (opened.told.length === 0) await wait(POLL_MS);
  return opened;
}

/** One whose time the test moves. The kernel's events and the reading of files take real time. */
export class HeldFolder {
  readonly opened: WatchedFolder;
  readonly #clock: ManualClock;

  private constructor(opened: WatchedFolder, clock: ManualClock) {
    this.opened = opened;
    this.#clock = clock;
  }

  static async open(context: TestContext, files: Files): Promise<HeldFolder> {
    const clock = new ManualClock();
    return new HeldFolder(await openFolder(context, files, clock), clock);
  }

  /** Lets time pass, as much as it takes, until `entry` is told. */
  async untilTold(entry: string): Promise<void> {
    while (!this.opened.told.includes(entry)) await this.#untilNext(() => true);
  }

  /** Lets at least so much time pass, and the source do what is due then. */
  async pass(ms: number): Promise<void> {
    const untilMs = this.#clock.nowMs() + ms;
    while (this.#clock.nowMs() < untilMs) await this.#untilNext(() => true);
  }

  /** Does something, and rejects unless `entry` is told without a look at the folder, within `ms` of its event. */
  async seenWithin(ms: number, action: () => Promise<unknown>, entry: string): Promise<void> {
    // Far from the next look, so that only an event can wake the source so soon.
    while (this.#clock.untilNextMs <= ms) await this.#untilNext(() => true);
    const since = this.opened.told.length;
    await action();
    await this.#untilNext((untilMs) => untilMs <= ms);
    await this.opened.until(this.opened.told, entry, since);
  }

  /** Waits, in real time, until what the source waits for next `is` so, and lets that come. */
  async #untilNext(is: (untilMs: number) => boolean): Promise<void> {
    const startMs = performance.now();
    for (;;) {
      const { untilNextMs } = this.#clock;
      if (Number.isFinite(untilNextMs) && is(untilNextMs)) {
        await this.#clock.advance(untilNextMs);
        return;
      }
      if (performance.now() - startMs > WAIT_MS_MAX) throw new Error("no event came");
      await wait(POLL_MS);
    }
  }
}
