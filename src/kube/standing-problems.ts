/**
 * What is wrong now, each told once when it appears and once when it is gone. Whoever finds problems
 * replaces its own only, so that a change costs as much as what it is about; what several find in the
 * same words is one problem.
 */
import { type SourceProblem, sourceProblemText } from "./change.ts";

/** Whom it tells. */
export interface ProblemListeners {
  /** Told of each problem once when it appears. */
  readonly onProblem: (problem: SourceProblem) => void;
  /** Told of each problem once when it is no more. */
  readonly onSolved: (problem: SourceProblem) => void;
}

/** The texts of what somebody found wrong, to be replaced later. */
export type FoundProblems = readonly string[];

/** Nothing was found wrong. */
export const NOTHING_WRONG: FoundProblems = [];

interface Standing {
  readonly problem: SourceProblem;
  finders: number;
}

/** The problems that stand, whoever found them. */
export class StandingProblems {
  readonly #listeners: ProblemListeners;
  readonly #standing = new Map<string, Standing>();

  constructor(listeners: ProblemListeners) {
    this.#listeners = listeners;
  }

  /** All of them, the one that appeared first in front. */
  all(): readonly SourceProblem[] {
    return [...this.#standing.values()].map(({ problem }) => problem);
  }

  /** Puts `problems` in place of what an earlier call returned, and returns what to replace the next time. */
  replace(before: FoundProblems, problems: readonly SourceProblem[]): FoundProblems {
    if (before.length + problems.length === 0) return NOTHING_WRONG;
    const now = new Map(problems.map((problem) => [sourceProblemText(problem), problem]));
    for (const text of before) if (!now.has(text)) this.#leave(text);
    const had = new Set(before);
    for (const [text, problem] of now) if (!had.has(text)) this.#enter(text, problem);
    return [...now.keys()];
  }

  #enter(text: string, problem: SourceProblem): void {
    const known = this.#standing.get(text);
    if (known) {
      known.finders++;
      return;
    }
    this.#standing.set(text, { problem, finders: 1 });
    this.#listeners.onProblem(problem);
  }

  #leave(text: string): void {
    const known = this.#standing.get(text);
    if (!known) return;
    known.finders--;
    if (known.finders > 0) return;
    this.#standing.delete(text);
    this.#listeners.onSolved(known.problem);
  }
}
