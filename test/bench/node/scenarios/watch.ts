/** The floor of a change: a bare watch that hears of it, as plain Node reads it, and does nothing about it. */
import { Watchers } from "../../fanout/watchers.ts";
import { type Spread, spread } from "../../spread.ts";
import { Changes } from "../changes.ts";
import type { NodeTask } from "../node-task.ts";
import { SLICES_PATH, versionOf } from "../pages.ts";
import { SINGLE_CHANGES } from "../subject.ts";

const CHANGE_MS_MAX = 60_000;

/** From the server's answer to the event. */
export interface WatchResult {
  readonly change: Spread & { readonly changes: number };
}

/** Runs it. */
export async function watch(task: NodeTask): Promise<WatchResult> {
  const changes = await Changes.open(task, CHANGE_MS_MAX);
  try {
    return await heardOf(changes, task);
  } finally {
    await changes.close();
  }
}

async function heardOf(
  changes: Changes,
  { server: { url, authority }, size }: NodeTask,
): Promise<WatchResult> {
  const watchers = await Watchers.open(1, {
    ...{ url, authority, path: SLICES_PATH, format: "json", hasBookmarks: false },
    resourceVersion: await versionOf(changes.api, SLICES_PATH),
  });
  const times: number[] = [];
  const count = Math.min(SINGLE_CHANGES, size.services);
  try {
    for (let heard = 1; heard <= count; heard++) {
      await changes.change(changes.next());
      const answeredMs = performance.now();
      await watchers.until(heard, CHANGE_MS_MAX);
      times.push(performance.now() - answeredMs);
    }
  } finally {
    watchers.close();
  }
  return { change: { ...spread(times), changes: times.length } };
}
