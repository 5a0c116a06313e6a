/**
 * Tells events to the API server without ever holding up the one who records them: a bounded queue, one
 * request at a time, equal events counted on one Event, and limits for each object and for all.
 */
import type { ClusterEvent, EventOutcome, EventRecorder } from "../../model/cluster-event.ts";
import { spreadMs } from "../spread.ts";
import { EventWriteError } from "./event-answers.ts";
import { EventWriter, type EventWriterOptions, type WriteResult } from "./event-writer.ts";
import { ObjectLimits } from "./object-limits.ts";
import { type Rate, TokenBucket } from "./token-bucket.ts";

/** Events that wait to be written; further ones are dropped. */
export const EVENTS_QUEUED_MAX = 1_000;

/** Events that are remembered, so that an equal one is a count and not a second Event. */
export const EVENTS_REMEMBERED_MAX = 4_096;

/** An event that happens again is counted, and the count is written this often at most (as client-go's). */
export const EVENT_SERIES_MS = 360_000;

/** What one object may cause (client-go's EventSourceObjectSpamFilter). */
export const EVENTS_OF_ONE_OBJECT: Rate = { burst: 25, everyMs: 300_000 };

/** What the agent may write in all. */
export const EVENTS_OF_ALL: Rate = { burst: 50, everyMs: 1_000 };

/**
 * All nodes find the same wrong at the same moment. Each waits up to this long, so that few hundred of 5,000
 * ask in a second, and nearly all find it told.
 */
export const EVENT_SPREAD_MS = 30_000;

/**
 * How long an Event that another node wrote is taken to be there: until what stands is told again, when it is
 * looked after. Events live for an hour after they were last written.
 */
export const EVENT_KNOWN_MS = 1_500_000;

/** How long an event that cannot be written is kept. */
export const EVENT_AGE_MS_MAX = 600_000;

/** First wait after a failure; it doubles up to the second. */
const RETRY_MS_FIRST = 1_000;
const RETRY_MS_MAX = 60_000;

/** Different rejections that are told; an unbounded number of texts would be a second log. */
const REJECTIONS_TOLD_MAX = 50;

/** What a recorder is made of. */
export interface EventRecorderOptions extends EventWriterOptions {
  readonly onOutcome: (outcome: EventOutcome) => void;
  /** Called once when writing begins to fail in another way than before. */
  readonly onProblem: (error: EventWriteError) => void;
  /** Called once when writing works again. */
  readonly onSolved: () => void;
}

interface Entry {
  readonly key: string;
  readonly event: ClusterEvent;
  /** What happened since it was written last; 0: nothing is to be written. */
  times: number;
  queuedMs: number;
  /** When it may be written. */
  dueMs: number;
  /** Another node wrote it: until then it is taken to be there. */
  knownUntilMs: number;
}

/** Records events; `run` writes them. */
export class ApiEventRecorder implements EventRecorder {
  readonly #options: EventRecorderOptions;
  readonly #writer: EventWriter;
  /** Every event that is remembered, the one that happened longest ago first. */
  readonly #entries = new Map<string, Entry>();
  readonly #queue = new Set<Entry>();
  readonly #objects = new ObjectLimits(EVENTS_OF_ONE_OBJECT);
  readonly #all: TokenBucket;
  readonly #rejectionsTold = new Set<string>();
  #wake = new AbortController();
  #problem: EventWriteError["code"] | undefined;
  #failures = 0;
  #retryAtMs = 0;

  constructor(options: EventRecorderOptions) {
    this.#options = options;
    this.#writer = new EventWriter(options);
    this.#all = new TokenBucket(EVENTS_OF_ALL, options.clock.nowMs());
  }

  record(event: ClusterEvent): void {
    const outcome = this.#accept(event);
    if (outcome !== undefined) this.#options.onOutcome(outcome);
  }

  /** Writes what is recorded until `signal` is aborted; what waits then is lost. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    signal.addEventListener("abort", () => this.#wake.abort(), { once: true });
    while (!signal.aborted) {
      this.#wake = new AbortController();
      const entry = this.#earliest();
      if (entry === undefined) {
        await clock.sleep(IDLE_MS, this.#wake.signal);
        continue;
      }
      const nowMs = clock.nowMs();
      const atMs = Math.max(entry.dueMs, this.#retryAtMs, nowMs + this.#all.waitMs(nowMs));
      if (atMs > nowMs) {
        await clock.sleep(atMs - nowMs, this.#wake.signal);
        continue;
      }
      this.#all.take(nowMs);
      await this.#write(entry, signal);
    }
  }

  /** Puts it into the queue, or says why it is done already. */
  #accept(event: ClusterEvent): EventOutcome | undefined {
    const nowMs = this.#options.clock.nowMs();
    const { regarding, type, reason, action, note } = event;
    const key = JSON.stringify([regarding.kind, regarding.name, type, reason, action, note]);
    const known = this.#entries.get(key);
    if (known && nowMs < known.knownUntilMs) return "known";
    if (!this.#objects.take(`${regarding.kind} ${regarding.name}`, nowMs)) return "dropped";
    const entry = known ?? { key, event, times: 0, queuedMs: 0, dueMs: 0, knownUntilMs: 0 };
    if (this.#queue.has(entry)) {
      entry.times++;
      return "known";
    }
    if (this.#queue.size >= EVENTS_QUEUED_MAX) return "dropped";
    entry.times++;
    entry.dueMs = Math.max(entry.dueMs, nowMs + this.#spreadMs(entry));
    entry.queuedMs = entry.dueMs;
    this.#queue.add(entry);
    this.#remember(entry);
    this.#wake.abort();
    return undefined;
  }

  async #write(entry: Entry, signal: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    const { event, times } = entry;
    this.#queue.delete(entry);
    try {
      const result = await this.#writer.write({ event, times }, signal);
      entry.times -= times;
      this.#note(entry, result);
      this.#went();
    } catch (error) {
      if (!(error instanceof EventWriteError)) throw error;
      if (signal.aborted) return;
      this.#failed(error);
      const isTooOld = clock.nowMs() - entry.queuedMs > EVENT_AGE_MS_MAX;
      if (error.code === "rejected" || isTooOld) {
        entry.times = 0;
        this.#options.onOutcome("failed");
      }
    }
    // More than nothing when it failed, or happened again while it was written.
    if (entry.times > 0) this.#queue.add(entry);
    else this.#queue.delete(entry);
  }

  #note(entry: Entry, result: WriteResult): void {
    const nowMs = this.#options.clock.nowMs();
    if (result.kind === "gone") {
      this.#entries.delete(entry.key);
      entry.times = 0;
    } else if (result.kind === "known") {
      entry.knownUntilMs = nowMs + EVENT_KNOWN_MS;
      entry.times = 0;
    } else {
      entry.dueMs = nowMs + EVENT_SERIES_MS;
    }
    this.#options.onOutcome(result.kind);
  }

  #went(): void {
    this.#failures = 0;
    this.#retryAtMs = 0;
    if (this.#problem !== undefined) this.#options.onSolved();
    this.#problem = undefined;
  }

  #failed(error: EventWriteError): void {
    if (error.code === "rejected") {
      // The server works: only this event is not to its liking.
      const { size } = this.#rejectionsTold;
      if (size >= REJECTIONS_TOLD_MAX || this.#rejectionsTold.has(error.message)) return;
      this.#rejectionsTold.add(error.message);
      this.#options.onProblem(error);
      return;
    }
    const waitMs = Math.min(RETRY_MS_FIRST * 2 ** this.#failures, RETRY_MS_MAX);
    this.#failures++;
    this.#retryAtMs = this.#options.clock.nowMs() + waitMs;
    if (this.#problem !== error.code) this.#options.onProblem(error);
    this.#problem = error.code;
  }

  #earliest(): Entry | undefined {
    let earliest: Entry | undefined;
    for (const entry of this.#queue) {
      if (earliest === undefined || entry.dueMs < earliest.dueMs) earliest = entry;
    }
    return earliest;
  }

  /** What is about this node is told by no other one. */
  #spreadMs({ key, event }: Entry): number {
    if (event.regarding.kind === "Node") return 0;
    return spreadMs(`${this.#options.nodeName} ${key}`, EVENT_SPREAD_MS);
  }

  /** Puts it behind all others, and forgets the oldest that nothing is to be written of. */
  #remember(entry: Entry): void {
    this.#entries.delete(entry.key);
    this.#entries.set(entry.key, entry);
    if (this.#entries.size <= EVENTS_REMEMBERED_MAX) return;
    for (const oldest of this.#entries.values()) {
      if (this.#queue.has(oldest)) continue;
      this.#entries.delete(oldest.key);
      return;
    }
  }
}

/** Longest sleep of a recorder that has nothing to do. */
const IDLE_MS = 3_600_000;
