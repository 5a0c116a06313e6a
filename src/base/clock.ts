/** Time, as a dependency: the only module that may look at the wall or set a timer. */

/** What a part may ask of time; tests pass a clock they move by hand. */
export interface Clock {
  /** Milliseconds since the Unix epoch, for what a person reads. */
  wallMs(): number;
  /** Milliseconds of a clock that never jumps, for intervals and deadlines; has fractions. */
  nowMs(): number;
  /** Resolves after `ms`, or at once when `signal` is or becomes aborted. Never rejects. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** The machine's own clock. */
export const systemClock: Clock = {
  wallMs: () => Date.now(),
  nowMs: () => performance.now(),
  sleep: (ms, signal) =>
    new Promise((resolve) => {
      if (signal?.aborted) return resolve();
      const done = (): void => {
        clearTimeout(timer);
        signal?.removeEventListener("abort", done);
        resolve();
      };
      const timer = setTimeout(done, ms);
      signal?.addEventListener("abort", done);
    }),
};
