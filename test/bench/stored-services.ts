/**
 * Services put straight into etcd: each new one that the API server makes has it count all addresses that
 * are in use (a metric of its allocator), so that 50,000 of them would take it hours.
 */
import { BinaryReader, BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import { systemClock } from "../../src/base/clock.ts";
import { ApiClient } from "../../src/kube/api/api-client.ts";
import { decodeObject } from "../../src/kube/protobuf/decode.ts";
import type { ApiServer } from "../lab/api-server.ts";
import { NAMESPACE, storedService } from "./cluster-objects.ts";

/** Requests at a time. */
const CONCURRENCY = 32;
const PAGE_OBJECTS = "500";
const SILENCE_MS = 60_000;
/** Before each object that is stored in protobuf. */
const MAGIC = Buffer.from("k8s\0");
/** Of `runtime.Unknown`, of its `TypeMeta`, and of lists: the numbers of their fields. */
const UNKNOWN = { typeMeta: 1, raw: 2 } as const;
const TYPE_META = { apiVersion: 1, kind: 2 } as const;
const LIST_ITEMS = 2;

/** A Service's name, and what is stored. */
type Row = readonly [name: string, value: Buffer];

/** One page of a list. */
interface Page {
  readonly metadata: { readonly continue?: string };
  readonly items: Iterable<{ readonly metadata: { readonly name: string } }>;
}

/** Writes the first `count` Services. The server reads JSON as well as its own form. */
export async function storeServices(server: ApiServer, count: number): Promise<void> {
  const rows = Array.from({ length: count }, (_, number): Row => {
    const object = storedService(number);
    return [object.metadata?.name ?? "", Buffer.from(JSON.stringify(object))];
  });
  await store(server, rows);
}

/** Writes all Services again, in the form that the server itself keeps them in: JSON costs it far more to read. */
export async function storeInProtobuf(server: ApiServer): Promise<void> {
  const location = { kubeconfig: server.kubeconfig("admin"), master: "" };
  const client = new ApiClient(location, systemClock);
  try {
    for (let next: string | undefined = ""; next !== undefined; ) {
      const bytes: Buffer = await page(client, next);
      const list = decodeObject(bytes) as unknown as Page;
      const names = [...list.items].map(({ metadata }) => metadata.name);
      const values = itemsOf(bytes).map(storedForm);
      if (values.length !== names.length) throw new Error("a list whose items were read wrongly");
      const rows = values.map((value, index): Row => [names[index] ?? "", value]);
      await store(server, rows);
      next = list.metadata.continue || undefined;
    }
  } finally {
    client.close();
  }
}

async function page(client: ApiClient, next: string): Promise<Buffer> {
  const path = `/api/v1/namespaces/${NAMESPACE}/services`;
  const query = { limit: PAGE_OBJECTS, ...(next !== "" && { continue: next }) };
  const { signal } = new AbortController();
  const asked = { query, mayBeProtobuf: true, signal, silenceMs: () => SILENCE_MS };
  const { isProtobuf, chunks } = await client.stream("list services", path, asked);
  if (!isProtobuf) throw new Error("the API server lists Services in JSON alone");
  const parts: Buffer[] = [];
  for await (const chunk of chunks) parts.push(chunk);
  return Buffer.concat(parts);
}

/** The items of a list, as their bytes. */
function itemsOf(answer: Buffer): Uint8Array[] {
  const [list] = fieldsOf(answer.subarray(MAGIC.length), UNKNOWN.raw);
  return list ? fieldsOf(list, LIST_ITEMS) : [];
}

/** All fields of that number, which are messages or texts. */
function fieldsOf(message: Uint8Array, wanted: number): Uint8Array[] {
  const reader = new BinaryReader(message);
  const found: Uint8Array[] = [];
  while (reader.pos < reader.len) {
    const [number, wireType] = reader.tag();
    if (number === wanted) found.push(reader.bytes());
    else reader.skip(wireType, number);
  }
  return found;
}

function storedForm(item: Uint8Array): Buffer {
  const bytes = WireType.LengthDelimited;
  const writer = new BinaryWriter();
  writer.tag(UNKNOWN.typeMeta, bytes).fork();
  writer.tag(TYPE_META.apiVersion, bytes).string("v1");
  writer.tag(TYPE_META.kind, bytes).string("Service");
  writer.join();
  writer.tag(UNKNOWN.raw, bytes).bytes(item);
  return Buffer.concat([MAGIC, writer.finish()]);
}

/** One after the other: of several in one transaction, the server's watch of etcd loses some. */
async function store({ etcdUrl }: ApiServer, rows: readonly Row[]): Promise<void> {
  const left = rows.values();
  const work = async (): Promise<void> => {
    for (const [name, value] of left) {
      const key = Buffer.from(`/registry/services/specs/${NAMESPACE}/${name}`).toString("base64");
      const answer = await fetch(`${etcdUrl}/v3/kv/put`, {
        method: "POST",
        body: JSON.stringify({ key, value: value.toString("base64") }),
      });
      if (!answer.ok) throw new Error(`etcd: ${answer.status} ${await answer.text()}`);
      await answer.arrayBuffer();
    }
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, work));
}
