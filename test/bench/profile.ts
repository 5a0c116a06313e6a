/** A sampling profile of this process, as the share of each function in the time it ran. */
import { Session } from "node:inspector/promises";

/** Time between two samples, in microseconds. */
const SAMPLE_US = 500;

/** A function and the share of samples that found it at the top of the stack. */
export interface Share {
  readonly function: string;
  readonly percent: number;
}

/** Profiles `work`; returns the `top` functions, the costliest first. */
export async function profile(work: () => Promise<unknown>, top: number): Promise<Share[]> {
  const session = new Session();
  session.connect();
  await session.post("Profiler.enable");
  await session.post("Profiler.setSamplingInterval", { interval: SAMPLE_US });
  await session.post("Profiler.start");
  await work();
  const { profile: found } = await session.post("Profiler.stop");
  session.disconnect();
  const hits = new Map<string, number>();
  let all = 0;
  for (const { callFrame, hitCount = 0 } of found.nodes) {
    const file = callFrame.url.split("/").at(-1) ?? "";
    const place = file ? ` (${file}:${callFrame.lineNumber + 1})` : "";
    const name = `${callFrame.functionName || "(anonymous)"}${place}`;
    hits.set(name, (hits.get(name) ?? 0) + hitCount);
    all += hitCount;
  }
  return [...hits]
    .sort(([, a], [, b]) => b - a)
    .slice(0, top)
    .map(([name, count]) => ({ function: name, percent: (100 * count) / all }));
}
