/**
 * Lines in the log for what is wrong in the source: each once, but only so many in a while, and then how
 * many more there were. Wrong objects, of which anybody may write thousands, cannot silence what is said
 * of the source itself.
 */
import type { Logger } from "pino";
import type { Clock } from "../base/clock.ts";
import { type SourceProblem, sourceProblemText } from "../kube/change.ts";
import type { ProblemListeners } from "../kube/standing-problems.ts";

/** Lines of one kind within {@link PROBLEM_LINES_MS}. */
export const PROBLEM_LINES_MAX = 50;
export const PROBLEM_LINES_MS = 60_000;

const WHERE = "`kube-ipvs status` shows what is wrong now";

/** Listeners that write to `log`. */
export function problemLog(log: Logger, clock: Clock): ProblemListeners {
  const ofSource = new FewLines(log, clock);
  const ofObjects = new FewLines(log, clock);
  const linesOf = ({ object }: SourceProblem): FewLines => (object === "" ? ofSource : ofObjects);
  return {
    onProblem: (problem) => linesOf(problem).say("warn", sourceProblemText(problem)),
    onSolved: (problem) => linesOf(problem).say("info", `mended: ${sourceProblemText(problem)}`),
  };
}

/** Lines of one kind. */
class FewLines {
  readonly #log: Logger;
  readonly #clock: Clock;
  #untilMs = Number.NEGATIVE_INFINITY;
  #said = 0;
  #more = 0;

  constructor(log: Logger, clock: Clock) {
    this.#log = log;
    this.#clock = clock;
  }

  say(level: "warn" | "info", text: string): void {
    const nowMs = this.#clock.nowMs();
    if (nowMs >= this.#untilMs) this.#begin(nowMs);
    if (this.#said < PROBLEM_LINES_MAX) {
      this.#said++;
      this.#log[level](text);
      return;
    }
    if (this.#more === 0) {
      this.#log.warn(
        `more than ${PROBLEM_LINES_MAX} lines in a minute, further ones are counted; ${WHERE}`,
      );
    }
    this.#more++;
  }

  #begin(nowMs: number): void {
    if (this.#more > 0) this.#log.warn(`and ${this.#more} more problems came or went; ${WHERE}`);
    this.#untilMs = nowMs + PROBLEM_LINES_MS;
    this.#said = 0;
    this.#more = 0;
  }
}
