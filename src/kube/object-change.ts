/** From one version of an object to the next: whether they differ, and how that is told. Pure. */
import { isDeepStrictEqual } from "node:util";
import type { Change } from "./change.ts";
import { type ClusterObject, KIND_NAMES } from "./parsed-object.ts";

/** True when nobody could tell the two apart. */
export function isSame(a: ClusterObject, b: ClusterObject): boolean {
  return a === b || isDeepStrictEqual(a, b);
}

/** `Service default/web`. */
export function objectText(kind: ClusterObject["kind"], name: string): string {
  return `${KIND_NAMES[kind]} ${name}`;
}

/** Tells that an object is so now, or is gone. */
export function toChange(object: ClusterObject, present: boolean): Change {
  const { name } = object.value;
  switch (object.kind) {
    case "service":
      return { kind: "service", name, value: present ? object.value : undefined };
    case "slice":
      return { kind: "slice", name, value: present ? object.value : undefined };
    case "node":
      return { kind: "node", name, value: present ? object.value : undefined };
    default:
      return object satisfies never;
  }
}
