/** A proxy whose work on the table is measured. */
import type { ProcessUsage } from "../../lab/process-usage.ts";

/** One process at a time. */
export interface Subject {
  start(): void;
  /** When it says that all is in force; the kernel is looked at by others. Rejects after `msMax`. */
  synced(msMax: number): Promise<{ readonly writes: number }>;
  usage(): ProcessUsage;
  /** Ends it by force. */
  kill(): Promise<void>;
}
