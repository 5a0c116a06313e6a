/** An object as the API server sends it in protobuf -> the object that its JSON would be. */
import { BOOKMARK, IDENTITY, listOf, MESSAGES, unknown, watchEvent } from "./kubernetes.ts";
import { type MessageTable, ObjectReader, type Place } from "./message.ts";

/** The media type to ask for. */
export const PROTOBUF_TYPE = "application/vnd.kubernetes.protobuf";

/** What every object begins with. */
const MAGIC = "k8s\0";

/**
 * Decodes one object, with only the fields that are used. The `items` of a list can be iterated once and
 * are decoded on the way, so that what has been used is garbage before the next one comes. Throws an
 * Error that says what is wrong with the bytes, or that the kind is none that is read; iterating does, too.
 */
export function decodeObject(bytes: Buffer): Record<string, unknown> {
  return objectAt(new ObjectReader(bytes), bytes, { start: 0, end: bytes.length });
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
  const reader = new ObjectReader(bytes);
  const { type, object } = watchEvent.readAt(reader, { start: 0, end: bytes.length });
  const { raw } = (object ?? {}) as { readonly raw?: Place };
  if (raw === undefined) throw new Error("an event without an object");
  return { type, object: objectAt(reader, bytes, raw, ONLY.get(type)) };
}

/** `only`: of an object that stands alone, these fields in the place of those of its kind. */
function objectAt(
  reader: ObjectReader,
  bytes: Buffer,
  { start, end }: Place,
  only?: MessageTable,
): Record<string, unknown> {
  const content = start + MAGIC.length;
  if (content > end || bytes.toString("latin1", start, content) !== MAGIC) {
    throw new Error("no object of Kubernetes");
  }
  const { typeMeta, raw } = unknown.readAt(reader, { start: content, end });
  const { apiVersion, kind = "" } = (typeMeta ?? {}) as { apiVersion?: string; kind?: string };
  if (raw === undefined) throw new Error(`an object of kind "${kind}" without content`);
  const form = listOf(kind);
  const table = form?.list ?? MESSAGES.get(kind);
  if (table === undefined) throw new Error(`an object of kind "${kind}"`);
  const object = (only ?? table).readAt(reader, raw as Place);
  object["apiVersion"] = apiVersion;
  object["kind"] = kind;
  if (form) object["items"] = itemsAt(reader, form.item, (object["items"] ?? []) as Place[]);
  return object;
}

function* itemsAt(
  reader: ObjectReader,
  item: MessageTable,
  all: readonly Place[],
): Generator<object, void> {
  for (const one of all) yield item.readAt(reader, one);
}
