/**
 * Tells changes of our tables that others made from our own: the kernel announces each transaction that
 * touched them, and does not say in our terms whose it was. So ours are counted.
 */
import type { Clock } from "../base/clock.ts";

/** A change is judged when none came for so long, and no transaction of ours is on its way. */
export const QUIET_MS = 100;

/** Under a storm of changes it is judged at least so often. */
export const JUDGE_MS_MAX = 1_000;

/** What it needs. */
export interface GenerationsOptions {
  readonly clock: Clock;
  /** Others changed our tables. */
  readonly onForeign: () => void;
}

/** Counts generations. */
export class Generations {
  readonly #options: GenerationsOptions;
  #ownRunning = 0;
  #own = 0;
  /** Those of ours that were not announced by the last judgement. */
  #late = 0;
  #announced = 0;
  #isJudging = false;
  #lastMs = 0;
  #isClosed = false;

  constructor(options: GenerationsOptions) {
    this.#options = options;
  }

  /** A transaction of ours is about to run; `end` is to be called with whether it went through. */
  begin(): void {
    this.#ownRunning += 1;
  }

  /** It is over. One that went through is one generation. */
  end(succeeded: boolean): void {
    this.#ownRunning -= 1;
    if (succeeded) this.#own += 1;
    this.#judgeSoon();
  }

  /** The kernel announced this many that touched our tables. */
  announced(count: number): void {
    this.#announced += count;
    this.#judgeSoon();
  }

  /** Announcements were lost: somebody else's may be among them. */
  lost(): void {
    this.#announced += 1;
    this.#judgeSoon();
  }

  /** Judges no more. */
  close(): void {
    this.#isClosed = true;
  }

  #judgeSoon(): void {
    this.#lastMs = this.#options.clock.nowMs();
    if (this.#isJudging || this.#isClosed) return;
    this.#isJudging = true;
    this.#judge(this.#lastMs).finally(() => {
      this.#isJudging = false;
      if (this.#late > 0) this.#judgeSoon();
    });
  }

  async #judge(sinceMs: number): Promise<void> {
    const { clock } = this.#options;
    for (;;) {
      await clock.sleep(QUIET_MS);
      if (this.#isClosed) return;
      const nowMs = clock.nowMs();
      const isQuiet = nowMs - this.#lastMs >= QUIET_MS && this.#ownRunning === 0;
      if (isQuiet || nowMs - sinceMs >= JUDGE_MS_MAX) break;
    }
    const open = this.#late + this.#own - this.#announced;
    const isForeign = open < 0;
    // Where the event loop was held up, ours are announced after they were judged: they count once more,
    // and only once, for one that changed nothing is never announced.
    this.#late = Math.max(0, Math.min(open, this.#own));
    this.#announced = 0;
    this.#own = 0;
    if (isForeign) this.#options.onForeign();
  }
}
