/** Keeps the list of failures true to what a write looked at, and says what began and what ended. */
import type { Logger } from "pino";
import type { Clock } from "../base/clock.ts";
import type { DirtyKeys } from "../plan/diff.ts";
import type { Failures } from "./failures.ts";
import type { Outcome } from "./outcome.ts";
import { type Subject, subjectText } from "./refusal.ts";

/** Returns the subjects that had failed and went through now. */
export function remember(
  failures: Failures,
  { refused }: Outcome,
  { dirty, clock, log }: { readonly dirty: DirtyKeys; readonly clock: Clock; readonly log: Logger },
): Subject[] {
  const names = new Set(refused.map(({ subject }) => subjectText(subject)));
  const mended: Subject[] = [];
  for (const { subject } of failures.all()) {
    const name = subjectText(subject);
    const looked = dirty.services.has(name) || dirty.addresses.has(name) || dirty.filters.has(name);
    if (!looked || names.has(name)) continue;
    failures.clear(name);
    mended.push(subject);
    log.info({ subject: name }, "went through after a refusal");
  }
  for (const refusal of refused) {
    const { attempts, retryAtMs } = failures.add(refusal, clock.nowMs());
    const { operation, code, message } = refusal;
    const retryInMs = Math.round(retryAtMs - clock.nowMs());
    log.error({ operation, code, attempts, retryInMs }, `the kernel refused: ${message}`);
  }
  return mended;
}
