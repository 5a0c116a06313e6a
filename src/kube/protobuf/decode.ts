/** An object as the API server sends it in protobuf -> the object that its JSON would be. */
import { BOOKMARK, IDENTITY, listOf, MESSAGES, unknown, watchEvent } from "./kubernetes.ts";
import type { MessageTable } from "./message.ts";

/** The media type to ask for. */
export const PROTOBUF_TYPE = "application/vnd.kubernetes.protobuf";

/** What every object begins with. */
const MAGIC = "k8s\0";

/**
 * Decodes one object, with only the fields that are used. The `items` of a list can be iterated once and
 * are decoded on the way, so that what has been used is garbage before the next one comes. Throws an
 * Error that says what is wrong with the bytes, or that the kind is none that is read; iterating does, too.
 * `only`: of an object that stands alone, these fields in the place of those of its kind.
 */
export function decodeObject(bytes: Buffer, only?: MessageTable): Record<string, unknown> {
  if (bytes.toString("latin1", 0, MAGIC.length) !== MAGIC)
    throw new Error("no object of Kubernetes");
  const { typeMeta, raw } = unknown.decode(bytes.subarray(MAGIC.length));
  const { apiVersion, kind = "" } = (typeMeta ?? {}) as { apiVersion?: string; kind?: string };
  if (!Buffer.isBuffer(raw)) throw new Error(`an object of kind "${kind}" without content`);
  const form = listOf(kind);
  if (form) {
    const { metadata, items = [] } = form.list.decode(raw);
    return { apiVersion, kind, metadata, items: decodedItems(form.item, items as Buffer[]) };
  }
  const table = Object.hasOwn(MESSAGES, kind) ? MESSAGES[kind] : undefined;
  if (table === undefined) throw new Error(`an object of kind "${kind}"`);
  return { apiVersion, kind, ...(only ?? table).decode(raw) };
}

/** Of what some events are about less is read: of an object that is gone, which one it was. */
const ONLY: ReadonlyMap<unknown, MessageTable> = new Map([
  ["DELETED", IDENTITY],
  ["BOOKMARK", BOOKMARK],
]);

/** Decodes one event of a watch. Throws as {@link decodeObject}. */
export function decodeWatchEvent(bytes: Buffer): {
  readonly type: unknown;
  readonly object: object;
} {
  const { type, object } = watchEvent.decode(bytes);
  const raw = (object as { readonly raw?: Buffer } | undefined)?.raw;
  if (raw === undefined) throw new Error("an event without an object");
  return { type, object: decodeObject(raw, ONLY.get(type)) };
}

function* decodedItems(item: MessageTable, all: readonly Buffer[]): Generator<object, void> {
  for (const bytes of all) yield item.decode(bytes);
}
