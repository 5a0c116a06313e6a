/** Tells the outside what happens, from inside the lab. Knows nothing of how it will look. */
import { report } from "../lab/report.ts";
import type { DemoEvent, PodColumn, SpreadRow } from "./demo-event.ts";

/** Begins a part of the story. */
export function chapter(text: string): void {
  tell({ kind: "chapter", text });
}

/** One idea, in a sentence or two. */
export function say(text: string): void {
  tell({ kind: "say", text });
}

/** Text as it is: an edit, a line of the log, the output of a command. */
export function quote(text: string): void {
  tell({ kind: "quote", text });
}

/** The table of schedulers and pods. */
export function spread(pods: readonly PodColumn[], rows: SpreadRow[]): void {
  tell({ kind: "spread", pods, rows });
}

/** A statement that has to hold. `text` has the measured value in it. */
export function check(holds: boolean, text: string): void {
  tell({ kind: "check", holds, text });
}

/** What takes a while now. */
export function doing(text: string): void {
  tell({ kind: "doing", text });
}

/** The end of the story. */
export function end(): void {
  tell({ kind: "end" });
}

function tell(event: DemoEvent): void {
  report(event);
}
