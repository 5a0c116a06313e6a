/** One watch at the fake API server: what it is told of a change. */
import type { ServerResponse } from "node:http";
import { type ApiObject, type Selector, send } from "./api-answers.ts";

/** A change of an object, in a version of the store. */
export interface Happening {
  readonly version: number;
  readonly resource: string;
  readonly before: ApiObject | undefined;
  readonly after: ApiObject | undefined;
}

/** Who is told of what happens to a resource. */
export interface Watcher {
  readonly resource: string;
  readonly selects: Selector;
  readonly response: ServerResponse;
}

/** Tells a watcher, as far as it is about what it selects. */
export function tell({ resource, selects, response }: Watcher, happening: Happening): void {
  if (happening.resource !== resource) return;
  const { before, after, version } = happening;
  if (selects(after)) send(response, selects(before) ? "MODIFIED" : "ADDED", after);
  else if (selects(before)) {
    const metadata = { ...before.metadata, resourceVersion: String(version) };
    send(response, "DELETED", { ...before, metadata });
  }
}
