/** A proxy whose work on the table is measured. */
import type { ProcessUsage } from "../../lab/process-usage.ts";

/** How long something that a slow proxy does may take in a slow guest. */
export const SUBJECT_MS_MAX = 900_000;

/** After its first sync a proxy still has something to tidy up. */
export const SETTLE_MS = 12_000;

/** Single changes that are timed of one that is soon done with each. */
export const SINGLE_CHANGES = 200;

const MS_PER_S = 1_000;

/** One process at a time. */
export interface Subject {
  /** How many single changes are worth the time. */
  readonly changes: number;
  readonly syncMsMax: number;
  start(): void;
  /**
   * True when it says that its first sync is done; the kernel is looked at by others. False when that is
   * not worth waiting for any longer than {@link syncMsMax}.
   */
  synced(): Promise<boolean>;
  /** Writes of its first sync, where it says so. */
  writes(): number | undefined;
  /** Whether looking at the whole table now and then is worth its time: it says itself when it is done. */
  readonly saysWhenComplete: boolean;
  /** Ends of its passes by the clock on the wall, in milliseconds; undefined where it does not say. */
  passesMs(): readonly number[] | undefined;
  usage(): ProcessUsage;
  /** Ends it by force. */
  kill(): Promise<void>;
}

/** Why something was not measured. */
export function noSyncText(msMax: number): string {
  return `no first sync within ${Math.round(msMax / MS_PER_S).toLocaleString("en-GB")} s`;
}

/** For what cannot be measured without it. */
export async function mustSync(subject: Pick<Subject, "synced" | "syncMsMax">): Promise<void> {
  if (!(await subject.synced())) throw new Error(noSyncText(subject.syncMsMax));
}
