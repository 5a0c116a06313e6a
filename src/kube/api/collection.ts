/**
 * The objects of one collection in our words, and what is wrong with some of them. Pure: what the server
 * says goes in, what really differs comes out. An object in a form that is refused keeps its last good
 * version, and touches no other one.
 */
import type { Change, SourceProblem } from "../change.ts";
import { isSame, objectText, toChange } from "../object-change.ts";
import { parseKind } from "../parse-object.ts";
import { type ClusterObject, fieldText, type ParsedObject } from "../parsed-object.ts";
import type { StringPool } from "../string-pool.ts";
import type { Resource } from "./resource.ts";

/** Wrong objects whose problems are kept; of more than these nobody reads every line. */
const WRONG_OBJECTS_MAX = 1_000;

/** One collection. */
export class Collection {
  readonly resource: Resource;
  readonly #pool: StringPool;
  readonly #objects = new Map<string, ClusterObject>();
  readonly #problems = new Map<string, readonly SourceProblem[]>();

  constructor(resource: Resource, pool: StringPool) {
    this.resource = resource;
    this.#pool = pool;
  }

  /** In force. */
  objects(): IterableIterator<ClusterObject> {
    return this.#objects.values();
  }

  /** Whatever is wrong with single objects. */
  problems(): readonly SourceProblem[] {
    return [...this.#problems.values()].flat();
  }

  /** Begins a whole list: give it each object, then end it. */
  replace(): { item(raw: object): void; end(): readonly Change[] } {
    const listed = new Map<string, ParsedObject>();
    return {
      item: (raw) => {
        const parsed = parseKind(this.resource.kind, raw, this.#pool);
        listed.set(parsed.name ?? `unnamed ${listed.size}`, parsed);
      },
      end: () => {
        // Whoever an object without a name is, nobody is taken for gone because of it.
        const isWhole = [...listed.values()].every(({ name }) => name !== undefined);
        for (const name of this.#problems.keys())
          if (!listed.has(name)) this.#problems.delete(name);
        const gone = [...this.#objects.keys()].filter((name) => isWhole && !listed.has(name));
        return [
          ...gone.flatMap((name) => this.#set(name, undefined)),
          ...[...listed].flatMap(([name, parsed]) => this.#take(name, parsed)),
        ];
      },
    };
  }

  /** Takes one object as it is now. */
  put(raw: object): readonly Change[] {
    const parsed = parseKind(this.resource.kind, raw, this.#pool);
    return this.#take(parsed.name ?? "unnamed", parsed);
  }

  /** Takes one away. */
  remove(raw: object): readonly Change[] {
    const { name } = parseKind(this.resource.kind, raw, this.#pool);
    if (name === undefined) return [];
    this.#problems.delete(name);
    return this.#set(name, undefined);
  }

  #take(name: string, parsed: ParsedObject): readonly Change[] {
    this.#note(name, parsed);
    if (parsed.verdict === "refused" || parsed.verdict === "foreign") return [];
    return this.#set(name, parsed.object);
  }

  #set(name: string, object: ClusterObject | undefined): readonly Change[] {
    const before = this.#objects.get(name);
    if (object === undefined) this.#objects.delete(name);
    const either = object ?? before;
    if (either === undefined) return [];
    // The old one stays where it is equal: others hold it already.
    if (before && object && isSame(before, object)) return [];
    if (object) this.#objects.set(name, object);
    return [toChange(either, object !== undefined)];
  }

  #note(name: string, { kind, problems, verdict }: ParsedObject): void {
    this.#problems.delete(name);
    if (problems.length === 0 || this.#problems.size >= WRONG_OBJECTS_MAX) return;
    const outcome = verdict === "refused" ? this.#outcome(name) : "";
    const object = kind === undefined ? "" : objectText(kind, name);
    this.#problems.set(
      name,
      problems.map(({ path, message }) => ({
        file: this.resource.name,
        line: 0,
        object,
        field: fieldText(path),
        message: message + outcome,
      })),
    );
  }

  #outcome(name: string): string {
    return this.#objects.has(name)
      ? "; its last good version stays in force"
      : "; it is left out until it is mended";
  }
}
