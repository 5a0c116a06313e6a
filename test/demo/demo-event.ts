/** What the program inside the lab tells the one outside, which turns it into text. Data only. */

/** How the requests to one Service were spread. */
export interface SpreadRow {
  /** As the kernel names it. */
  readonly scheduler: string;
  /** Answers by pod. */
  readonly pods: Readonly<Record<string, number>>;
  readonly medianMs: number;
  readonly tookMs: number;
}

/** One part of the story. */
export type DemoEvent =
  | { readonly kind: "chapter"; readonly text: string }
  /** One idea in a sentence or two. */
  | { readonly kind: "say"; readonly text: string }
  /** Verbatim: what was edited, logged or printed by a command. */
  | { readonly kind: "quote"; readonly text: string }
  | { readonly kind: "spread"; readonly pods: readonly PodColumn[]; readonly rows: SpreadRow[] }
  /** A statement with its measured value. */
  | { readonly kind: "check"; readonly holds: boolean; readonly text: string }
  /** What goes on now, for whoever waits. */
  | { readonly kind: "doing"; readonly text: string }
  /** The last one: without it the program inside did not get to its end. */
  | { readonly kind: "end" };

/** A column of the table. */
export interface PodColumn {
  readonly name: string;
  /** Such as `p4, slow`. */
  readonly title: string;
}
