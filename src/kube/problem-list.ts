/** Tells of each problem once when it appears and once when it is gone. Finds none itself. */
import { type SourceProblem, sourceProblemText } from "./change.ts";

/** Whom it tells. */
export interface ProblemListeners {
  /** Told of each problem once when it appears. */
  readonly onProblem: (problem: SourceProblem) => void;
  /** Told of each problem once when it is no more. */
  readonly onSolved: (problem: SourceProblem) => void;
}

/** The problems of a folder: its own (at most one), and those of its files. */
export class ProblemList {
  /** All of them now. */
  problems: readonly SourceProblem[] = [];
  readonly #folder: string;
  readonly #listeners: ProblemListeners;
  #ofFiles: readonly SourceProblem[] = [];
  #ofFolder: string | undefined;

  constructor(folder: string, listeners: ProblemListeners) {
    this.#folder = folder;
    this.#listeners = listeners;
  }

  /** Takes what is wrong now. An `ofFiles` that is the same list as last time is not looked at. */
  update(ofFolder: string | undefined, ofFiles: readonly SourceProblem[]): void {
    // Nearly every call ends here: a folder may have 50,000 files, each with a problem.
    if (ofFiles === this.#ofFiles && ofFolder === this.#ofFolder) return;
    this.#ofFiles = ofFiles;
    this.#ofFolder = ofFolder;
    const current = [...this.#aboutFolder(ofFolder), ...ofFiles];
    const before = new Set(this.problems.map(sourceProblemText));
    const after = new Set(current.map(sourceProblemText));
    const solved = this.problems.filter((problem) => !after.has(sourceProblemText(problem)));
    const appeared = current.filter((problem) => !before.has(sourceProblemText(problem)));
    this.problems = current;
    solved.forEach(this.#listeners.onSolved);
    appeared.forEach(this.#listeners.onProblem);
  }

  #aboutFolder(message: string | undefined): readonly SourceProblem[] {
    if (message === undefined) return [];
    return [{ file: this.#folder, line: 0, object: "", field: "", message }];
  }
}
