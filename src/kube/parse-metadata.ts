/** Reads what every kind has: name, namespace, age, and the few labels and annotations that count. */
import type { V1ObjectMeta } from "@kubernetes/client-node";
import { EMPTY_RECORD, type Fields, found } from "./fields.ts";
import type { StringPool } from "./string-pool.ts";

/** An object with metadata, whatever its kind. */
export interface WithMetadata {
  readonly metadata?: V1ObjectMeta;
}

/** Where an object that names no namespace lives: only manifests leave it out. */
const NAMESPACE_DEFAULT = "default";

const NAME_LENGTH_MAX = 253;
const NAME = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const NAMESPACE_LENGTH_MAX = 63;
const NAMESPACE = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;

/** `metadata` with a usable name, or undefined when the object has none (which is reported). */
export function readMetadata(
  object: Fields<WithMetadata>,
): { readonly fields: Fields<V1ObjectMeta>; readonly name: string } | undefined {
  const fields = object.fields("metadata");
  if (fields === undefined) {
    if (!object.has("metadata")) object.refuse(["metadata"], "expected an object, found nothing");
    return undefined;
  }
  // Not pooled: mostly it is a part of another text, which is what is kept.
  const name = fields.passingText("name");
  if (name !== undefined && name.length <= NAME_LENGTH_MAX && NAME.test(name)) {
    return { fields, name };
  }
  if (name !== undefined || !fields.has("name")) {
    fields.refuse(
      ["name"],
      `expected a name of lower-case letters, digits, "-" and ".", ${found(name)}`,
    );
  }
  return undefined;
}

/** `metadata.namespace`; `default` when absent; undefined when wrong (which is reported). */
export function readNamespace(metadata: Fields<V1ObjectMeta>): string | undefined {
  if (!metadata.has("namespace")) return NAMESPACE_DEFAULT;
  const namespace = metadata.text("namespace");
  if (namespace === undefined) return undefined;
  if (namespace === "") return NAMESPACE_DEFAULT;
  if (namespace.length <= NAMESPACE_LENGTH_MAX && NAMESPACE.test(namespace)) return namespace;
  metadata.refuse(
    ["namespace"],
    `expected a name of lower-case letters, digits and "-", ${found(namespace)}`,
  );
  return undefined;
}

/** `metadata.creationTimestamp` in milliseconds since the epoch; 0 when absent or wrong. */
export function readCreatedMs(metadata: Fields<V1ObjectMeta>): number {
  const text = metadata.passingText("creationTimestamp");
  if (text === undefined) return 0;
  const createdMs = RFC3339.test(text) ? Date.parse(text) : Number.NaN;
  if (!Number.isNaN(createdMs)) return createdMs;
  metadata.refuse(
    ["creationTimestamp"],
    `expected a time such as "2024-05-01T12:00:00Z", ${found(text)}`,
  );
  return 0;
}

/**
 * When what led to this version of an EndpointSlice happened, in milliseconds since the epoch; 0 when it
 * does not say. Only a measurement hangs on it, so that a wrong value is no reason to refuse the slice.
 */
export function readTriggerMs(metadata: Fields<V1ObjectMeta>): number {
  const annotations = metadata.fields("annotations");
  const trigger = annotations?.textMap(isTrigger, asItIs);
  const text = trigger?.[TRIGGER_ANNOTATION] ?? "";
  return RFC3339.test(text) ? Date.parse(text) : 0;
}

function isTrigger(key: string): boolean {
  return key === TRIGGER_ANNOTATION;
}

/** Not pooled: nearly every object, or version of it, has another one. */
function asItIs(text: string): string {
  return text;
}

const TRIGGER_ANNOTATION = "endpoints.kubernetes.io/last-change-trigger-time";

const RFC3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/;

/** The labels that decide something. */
export function readLabels(
  metadata: Fields<V1ObjectMeta>,
  wanted: ReadonlySet<string>,
): Readonly<Record<string, string>> {
  return metadata.fields("labels")?.textMap((key) => wanted.has(key), asItIs) ?? EMPTY_RECORD;
}

/** Characters of one of our annotations; no good value has as many. */
export const ANNOTATION_CHARACTERS_MAX = 1_024;

/** The annotations that decide something: our own, and the one of kube-router that we honour. */
export function readAnnotations(metadata: Fields<V1ObjectMeta>): Readonly<Record<string, string>> {
  return metadata.fields("annotations")?.textMap(isOurAnnotation, cutAnnotation) ?? EMPTY_RECORD;
}

function isOurAnnotation(key: string): boolean {
  return key.startsWith("kube-ipvs.io/") || key === "kube-router.io/service.scheduler";
}

/**
 * The beginning of a value that is too long, with a mark that makes it no good, whatever it begins with. It is
 * a copy: a part of a text keeps the whole of it in memory.
 */
function cutAnnotation(value: string, pool: StringPool): string {
  if (value.length <= ANNOTATION_CHARACTERS_MAX) return pool.share(value);
  return Buffer.from(`${value.slice(0, ANNOTATION_CHARACTERS_MAX)}...`).toString();
}
