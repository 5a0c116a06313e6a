/** Durations as Kubernetes writes them (`30s`, `1m30s`, `1.5h`, Go's `time.Duration`), to milliseconds and back. */

/** Milliseconds of each unit. */
const UNIT_MS = new Map([
  ["ns", 1e-6],
  ["us", 1e-3],
  ["µs", 1e-3],
  ["ms", 1],
  ["s", 1_000],
  ["m", 60_000],
  ["h", 3_600_000],
]);

const WHOLE = /^(?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|ms|s|m|h))+$/;
const PART = /(\d+\.?\d*|\.\d+)(ns|us|µs|ms|s|m|h)/g;

/**
 * Milliseconds of `text`, with fractions where it has them, or undefined when it is no duration.
 * Every number needs its unit except a bare `0`. Unlike Go's, it cannot be negative: nothing here can wait that long.
 */
export function parseDuration(text: string): number | undefined {
  if (text === "0") return 0;
  if (!WHOLE.test(text)) return undefined;
  let totalMs = 0;
  for (const [, amount, unit] of text.matchAll(PART)) {
    totalMs += Number(amount) * (UNIT_MS.get(unit ?? "") ?? Number.NaN);
  }
  return Number.isFinite(totalMs) ? totalMs : undefined;
}

/** `ms` (not negative, whole microseconds count) as people write it: `1m30s`, `1.5s`, `300ms`, `1h`, `0s`. */
export function formatDuration(ms: number): string {
  const microseconds = Math.round(ms * 1_000);
  if (microseconds === 0) return "0s";
  if (microseconds < 1_000) return `${microseconds}us`;
  if (microseconds < 1_000_000) return `${microseconds / 1_000}ms`;
  const hours = Math.floor(microseconds / 3_600_000_000);
  const minutes = Math.floor((microseconds % 3_600_000_000) / 60_000_000);
  const seconds = (microseconds % 60_000_000) / 1_000_000;
  const words = [
    hours > 0 ? `${hours}h` : "",
    minutes > 0 ? `${minutes}m` : "",
    seconds > 0 ? `${seconds}s` : "",
  ];
  return words.join("");
}
