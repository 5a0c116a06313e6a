/** Laws of reading: nothing that anyone can write makes it throw, and equal input makes no change. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { findInJson } from "../../src/base/json-lines.ts";
import type { Change, Picture } from "../../src/kube/change.ts";
import { ManifestSet } from "../../src/kube/manifest-set.ts";
import { parseManifestText } from "../../src/kube/manifest-text.ts";
import { parseObject } from "../../src/kube/parse-object.ts";
import { StringPool } from "../../src/kube/string-pool.ts";

const header = fc.record({
  apiVersion: fc.constantFrom("v1", "discovery.k8s.io/v1"),
  kind: fc.constantFrom("Service", "EndpointSlice", "Node"),
});

/** An object with the right field names and anything at all in them. */
const hostile = fc
  .tuple(
    header,
    fc.dictionary(
      fc.constantFrom("metadata", "spec", "status", "endpoints", "ports", "addressType"),
      fc.oneof(
        fc.jsonValue(),
        fc.dictionary(
          fc.constantFrom(
            "name",
            "namespace",
            "labels",
            "annotations",
            "clusterIP",
            "clusterIPs",
            "ports",
            "addresses",
          ),
          fc.jsonValue(),
        ),
      ),
    ),
  )
  .map(([first, second]) => ({ ...first, ...second }));

const FILES = ["a.yaml", "b.yaml", "c.json"] as const;

/** Text of a file: some Services, each good, bad or unreadable. */
const fileText = fc
  .array(
    fc.record({
      name: fc.constantFrom("w", "x", "y", "z"),
      scheduler: fc.constantFrom("rr", "lc"),
      port: fc.constantFrom<unknown>(80, 81, "bad"),
      broken: fc.nat({ max: 9 }).map((n) => n === 0),
    }),
    { maxLength: 4 },
  )
  .map((services) => services.map(documentText).join("\n---\n"));

function documentText(service: {
  name: string;
  scheduler: string;
  port: unknown;
  broken: boolean;
}): string {
  if (service.broken) return "{";
  return JSON.stringify({
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: service.name, annotations: { "kube-ipvs.io/scheduler": service.scheduler } },
    spec: { clusterIP: "10.0.0.1", ports: [{ port: service.port }] },
  });
}

const step = fc.record({
  file: fc.constantFrom(...FILES),
  text: fc.option(fileText, { freq: 5 }),
});

function take(
  set: ManifestSet,
  pool: StringPool,
  { file, text }: { file: string; text: string | null },
): readonly Change[] {
  if (text === null) return set.remove(file);
  const options = { jsonOnly: false, previous: set.documents(file), pool };
  return set.read(file, parseManifestText(text, options));
}

/** What someone who only heard the changes believes. */
function apply(believed: Map<string, unknown>, changes: readonly Change[]): void {
  for (const change of changes) {
    if (change.kind === "replaced" || change.kind === "circumstances")
      throw new Error("a set does not replace");
    if (change.value === undefined) believed.delete(change.name);
    else believed.set(change.name, change.value);
  }
}

function asObject({ services }: Picture): Record<string, unknown> {
  return Object.fromEntries([...services].sort(([a], [b]) => (a < b ? -1 : 1)));
}

describe("reading", () => {
  test("never throws, and says why whenever it does not accept", () => {
    fc.assert(
      fc.property(fc.oneof(fc.jsonValue(), hostile), (value) => {
        const parsed = parseObject(value, new StringPool());
        if (parsed.verdict !== "accepted") expect(parsed.problems.length).toBeGreaterThan(0);
      }),
      { numRuns: 500 },
    );
  });

  test("of any text never throws, and every problem has a line of that text", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fileText, fc.json()), fc.boolean(), (text, jsonOnly) => {
        const options = { jsonOnly, previous: [], pool: new StringPool() };
        const lines = text.split("\n").length;
        for (const { startLine, entries } of parseManifestText(text, options)) {
          for (const { lines: found, parsed } of entries) {
            expect(found).toHaveLength(parsed.problems.length);
            for (const line of found) expect(startLine + line).toBeLessThanOrEqual(lines);
          }
        }
      }),
      { numRuns: 300 },
    );
  });

  test("finds JSON valid exactly when JSON.parse does", () => {
    fc.assert(
      fc.property(
        fc.json(),
        fc.nat(),
        fc.constantFrom(...'"\\\t\n,:{}[]u0-.e1x', ""),
        (json, at, character) => {
          const place = at % (json.length + 1);
          const text = json.slice(0, place) + character + json.slice(place + character.length);
          expect(findInJson(text, []).errorLine === undefined).toBe(isJson(text));
        },
      ),
      { numRuns: 2_000 },
    );
  });
});

describe("a set of manifests", () => {
  test("whoever applies its changes believes what its picture says", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
        const set = new ManifestSet();
        const pool = new StringPool();
        const believed = new Map<string, unknown>();
        for (const next of steps) {
          apply(believed, take(set, pool, next));
          const sorted = [...believed].sort(([a], [b]) => (a < b ? -1 : 1));
          expect(Object.fromEntries(sorted)).toEqual(asObject(set.picture()));
        }
      }),
      { numRuns: 200 },
    );
  });

  test("reading the same texts again changes nothing", () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.tuple(fc.constantFrom(...FILES), fileText), {
          selector: ([file]) => file,
        }),
        (files) => {
          const set = new ManifestSet();
          const pool = new StringPool();
          for (const [file, text] of files) take(set, pool, { file, text });
          for (const [file, text] of files) expect(take(set, pool, { file, text })).toEqual([]);
        },
      ),
      { numRuns: 100 },
    );
  });

  test("does not depend on the order in which files are read", () => {
    fc.assert(
      fc.property(fc.tuple(fileText, fileText, fileText), (texts) => {
        const read = (order: readonly number[]): unknown => {
          const set = new ManifestSet();
          const pool = new StringPool();
          for (const index of order) {
            take(set, pool, { file: FILES[index] ?? "", text: texts[index] ?? "" });
          }
          return { objects: asObject(set.picture()), problems: set.problems() };
        };
        expect(read([2, 0, 1])).toEqual(read([0, 1, 2]));
      }),
      { numRuns: 100 },
    );
  });
});

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
