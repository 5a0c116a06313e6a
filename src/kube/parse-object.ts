/** One Kubernetes object of any kind -> our words, or the reasons why not. Pure; never throws. */
import type { V1EndpointSlice, V1Node, V1Service } from "@kubernetes/client-node";
import { didYouMean, editDistance, nearestWord } from "../base/nearest-word.ts";
import { objectName } from "../model/cluster.ts";
import { EMPTY_LIST, Fields, found, isObject, type ObjectOrigin, Reading } from "./fields.ts";
import { parseEndpointSlice } from "./parse-endpoint-slice.ts";
import { readMetadata, readNamespace, type WithMetadata } from "./parse-metadata.ts";
import { parseNode } from "./parse-node.ts";
import { parseService } from "./parse-service.ts";
import {
  type ClusterObject,
  KIND_NAMES,
  type ObjectKind,
  type ParsedObject,
} from "./parsed-object.ts";
import type { StringPool } from "./string-pool.ts";

/** The API group and version that each kind is read in. */
const API_VERSIONS = {
  service: "v1",
  slice: "discovery.k8s.io/v1",
  node: "v1",
} as const satisfies Record<ObjectKind, string>;

const KINDS: readonly ObjectKind[] = ["service", "slice", "node"];
const OBJECT_KIND_NAMES = KINDS.map((kind) => KIND_NAMES[kind]);
const LIST_KIND_NAMES = ["List", ...OBJECT_KIND_NAMES.map((name) => `${name}List`)];
const READABLE_KINDS = [...OBJECT_KIND_NAMES, "List"];

/** Mistakes in the kind of a list that is still taken for one; with two, a PodList is near a NodeList. */
const LIST_MISTAKES_MAX = 1;

interface Header {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly items?: unknown;
}

/** Reads one object of a manifest, by its own `apiVersion` and `kind`. */
export function parseObject(value: unknown, pool: StringPool): ParsedObject {
  const reading = new Reading(pool);
  if (!isObject(value)) {
    reading.report([], `expected an object with apiVersion and kind, ${found(value)}`);
    return refused(undefined, undefined, reading);
  }
  const header = new Fields<Header>(value, reading);
  const kindName = header.text("kind") ?? "";
  const kind = KINDS.find((candidate) => KIND_NAMES[candidate] === kindName);
  if (kind === undefined) return unknownKind(header, value, kindName);

  const apiVersion = header.text("apiVersion") ?? "";
  if (apiVersion === API_VERSIONS[kind]) return parseKind(kind, value, pool);
  header.refuse(
    ["apiVersion"],
    `expected ${API_VERSIONS[kind]}, ${found(apiVersion || undefined)}`,
  );
  const group = groupOf(API_VERSIONS[kind]);
  const isForeign = apiVersion !== "" && nearestWord(groupOf(apiVersion), [group]) === undefined;
  if (isForeign) return foreign(reading);
  return refused(kind, nameOf(kind, value, pool), reading);
}

/** Reads one object whose kind is known, such as an item of a typed list, which does not repeat it. */
export function parseKind(
  kind: ObjectKind,
  value: object,
  pool: StringPool,
  origin: ObjectOrigin = "manifest",
): ParsedObject {
  const reading = new Reading(pool, origin);
  const { name, object } = readKind(kind, value, reading);
  if (reading.refused || name === undefined) {
    return refused(kind, name ?? nameOf(kind, value, pool), reading);
  }
  // Nearly every object has none; an empty list of its own for each would stay for as long as it does.
  const problems = reading.problems.length === 0 ? EMPTY_LIST : reading.problems;
  if (object === undefined) return { verdict: "ignored", kind, name, object, problems };
  return { verdict: "accepted", kind, name, object, problems };
}

interface ReadObject {
  readonly name: string | undefined;
  readonly object: ClusterObject | undefined;
}

const UNNAMED: ReadObject = { name: undefined, object: undefined };

function readKind(kind: ObjectKind, raw: object, reading: Reading): ReadObject {
  switch (kind) {
    case "service": {
      const value = parseService(new Fields<V1Service>(raw, reading));
      return value === undefined ? UNNAMED : { name: value.name, object: { kind, value } };
    }
    case "slice": {
      const read = parseEndpointSlice(new Fields<V1EndpointSlice>(raw, reading));
      if (read === undefined) return UNNAMED;
      const value = read.slice;
      return { name: read.name, object: value && { kind, value } };
    }
    case "node": {
      const value = parseNode(new Fields<V1Node>(raw, reading));
      return value === undefined ? UNNAMED : { name: value.name, object: { kind, value } };
    }
    default:
      return kind satisfies never;
  }
}

/**
 * What is neither of our kinds nor a list of them. Close to one of ours, it counts as a mistake and not as
 * gone: then nothing is taken away because of it.
 */
function unknownKind(header: Fields<Header>, value: object, kindName: string): ParsedObject {
  const { reading } = header;
  if (LIST_KIND_NAMES.includes(kindName)) {
    header.refuse(
      ["items"],
      `expected a list, ${found("items" in value ? value.items : undefined)}`,
    );
    return refused(undefined, undefined, reading);
  }
  const isList = isNearList(kindName);
  const hint = didYouMean(kindName, isList ? LIST_KIND_NAMES : READABLE_KINDS);
  header.refuse(
    ["kind"],
    `expected ${READABLE_KINDS.join(", ")}, ${found(kindName || undefined)}${hint}`,
  );
  const nearest = nearestWord(kindName, OBJECT_KIND_NAMES);
  const meant = KINDS.find((kind) => KIND_NAMES[kind] === nearest);
  if (kindName !== "" && meant === undefined && !isList) return foreign(reading);
  return refused(meant, meant && nameOf(meant, value, reading.pool), reading);
}

function isNearList(kindName: string): boolean {
  const limit = LIST_MISTAKES_MAX + 1;
  return LIST_KIND_NAMES.some((name) => editDistance(kindName, name, limit) < limit);
}

/**
 * The name of an object of which nothing else counts, for it is wrong elsewhere or gone; undefined when the name is
 * wrong too.
 */
export function nameOf(kind: ObjectKind, value: object, pool: StringPool): string | undefined {
  const metadata = readMetadata(new Fields<WithMetadata>(value, new Reading(pool)));
  if (metadata === undefined || kind === "node") return metadata?.name;
  const namespace = readNamespace(metadata.fields);
  return namespace === undefined ? undefined : objectName(namespace, metadata.name);
}

function refused(
  kind: ObjectKind | undefined,
  name: string | undefined,
  { problems }: Reading,
): ParsedObject {
  return { verdict: "refused", kind, name, object: undefined, problems };
}

function foreign({ problems }: Reading): ParsedObject {
  return { verdict: "foreign", kind: undefined, name: undefined, object: undefined, problems };
}

function groupOf(apiVersion: string): string {
  return apiVersion.includes("/") ? apiVersion.slice(0, apiVersion.indexOf("/")) : "";
}
