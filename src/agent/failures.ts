/** Subjects that the kernel refused, each with the time of its next try. */
import { type Refusal, type Subject, subjectText } from "./refusal.ts";

/** First wait after a refusal; it doubles with each further one. */
export const RETRY_MS_FIRST = 200;

/** Longest wait between two tries. */
export const RETRY_MS_MAX = 60_000;

/** A refusal that stands. */
export interface Failure extends Refusal {
  readonly attempts: number;
  readonly retryAtMs: number;
}

/** The refusals that stand, by subject. */
export class Failures {
  readonly #bySubject = new Map<string, Failure>();

  /** Records a refusal at `nowMs` (monotonic) and sets the time of the next try. */
  add(refusal: Refusal, nowMs: number): Failure {
    const name = subjectText(refusal.subject);
    const attempts = (this.#bySubject.get(name)?.attempts ?? 0) + 1;
    const waitMs = Math.min(RETRY_MS_FIRST * 2 ** (attempts - 1), RETRY_MS_MAX);
    const failure = { ...refusal, attempts, retryAtMs: nowMs + waitMs };
    this.#bySubject.set(name, failure);
    return failure;
  }

  /** Forgets a subject that went through. */
  clear(subject: string): void {
    this.#bySubject.delete(subject);
  }

  /** True while a refusal of the subject stands. */
  has(subject: string): boolean {
    return this.#bySubject.has(subject);
  }

  /** Subjects whose time has come. */
  due(nowMs: number): Subject[] {
    return this.all()
      .filter(({ retryAtMs }) => retryAtMs <= nowMs)
      .map(({ subject }) => subject);
  }

  /** The earliest next try, or undefined when nothing failed. */
  nextMs(): number | undefined {
    const times = this.all().map(({ retryAtMs }) => retryAtMs);
    return times.length > 0 ? Math.min(...times) : undefined;
  }

  all(): Failure[] {
    return [...this.#bySubject.values()];
  }
}
