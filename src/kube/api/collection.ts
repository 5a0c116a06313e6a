/**
 * The objects of one collection in our words, and what is wrong with some of them. Pure: what the server
 * says goes in, what really differs comes out. An object in a form that is refused keeps its last good
 * version, and touches no other one.
 */
import type { ObjectName } from "../../model/cluster.ts";
import type { Change, SourceProblem } from "../change.ts";
import { Fields, Reading } from "../fields.ts";
import { isSame, objectText, toChange } from "../object-change.ts";
import { ownerOfSlice } from "../parse-endpoint-slice.ts";
import { nameOf, parseKind } from "../parse-object.ts";
import { type ClusterObject, fieldText, type ParsedObject } from "../parsed-object.ts";
import { type FoundProblems, NOTHING_WRONG, type StandingProblems } from "../standing-problems.ts";
import type { StringPool } from "../string-pool.ts";
import type { Resource } from "./resource.ts";

/** Wrong objects whose problems are kept; of more than these nobody reads every line. */
export const WRONG_OBJECTS_MAX = 1_000;

const FURTHER_OBJECTS = {
  object: "further objects",
  field: "",
  message: `are wrong; only of ${WRONG_OBJECTS_MAX} it is told what`,
};

/** What all collections of a source share. */
export interface CollectionSurroundings {
  readonly pool: StringPool;
  readonly standing: StandingProblems;
}

/** A list that comes in. */
export interface Replacement {
  item(raw: object): void;
  gone(raw: object): void;
  /** What differs from before, which is in force from now on. */
  end(): readonly Change[];
}

/** One collection. */
export class Collection {
  readonly resource: Resource;
  readonly #pool: StringPool;
  readonly #standing: StandingProblems;
  readonly #objects = new Map<string, ClusterObject>();
  readonly #problems = new Map<string, FoundProblems>();
  /** Wrong objects over the limit: only that there are some is told. */
  readonly #untold = new Set<string>();
  #aboutUntold = NOTHING_WRONG;
  /** Refused, and never known in a form that is not; with the Service that a slice belongs to. */
  readonly #hidden = new Map<string, ObjectName | undefined>();
  #hasUnnamed = false;

  constructor(resource: Resource, { pool, standing }: CollectionSurroundings) {
    this.resource = resource;
    this.#pool = pool;
    this.#standing = standing;
  }

  get(name: string): ClusterObject | undefined {
    return this.#objects.get(name);
  }

  /** In force. */
  objects(): IterableIterator<ClusterObject> {
    return this.#objects.values();
  }

  get size(): number {
    return this.#objects.size;
  }

  /** False while something of the last list has no name that can be read: it may be any object. */
  get isNamed(): boolean {
    return !this.#hasUnnamed;
  }

  /**
   * The objects by name that are refused and were never known in a form that is not. Of a slice with the
   * Service that it belongs to: "" for none, undefined when that cannot be read either.
   */
  get hidden(): ReadonlyMap<string, ObjectName | undefined> {
    return this.#hidden;
  }

  /** Begins a whole list: give it each object, as often as it changes, and what is gone meanwhile; then end it. */
  replace(): Replacement {
    const listed = new Map<string, ParsedObject>();
    const owners = new Map<string, ObjectName | undefined>();
    return {
      item: (raw) => {
        const parsed = parseKind(this.resource.kind, raw, this.#pool, "server");
        listed.set(parsed.name ?? `unnamed ${listed.size}`, parsed);
        if (isRefused(parsed)) owners.set(parsed.name, this.#ownerOf(raw));
      },
      gone: (raw) => {
        const name = nameOf(this.resource.kind, raw, this.#pool);
        if (name !== undefined) listed.delete(name);
      },
      end: () => {
        // Whoever an object without a name is, nobody is taken for gone because of it.
        const isWhole = [...listed.values()].every(({ name }) => name !== undefined);
        this.#hasUnnamed = !isWhole;
        this.#hidden.clear();
        for (const name of [...this.#problems.keys(), ...this.#untold]) {
          if (!listed.has(name)) this.#tell(name, []);
        }
        const gone = [...this.#objects.keys()].filter((name) => isWhole && !listed.has(name));
        return [
          ...gone.flatMap((name) => this.#set(name, undefined)),
          ...[...listed].flatMap(([name, parsed]) => this.#take(name, parsed, owners.get(name))),
        ];
      },
    };
  }

  /** Takes one object as it is now. */
  put(raw: object): readonly Change[] {
    const parsed = parseKind(this.resource.kind, raw, this.#pool, "server");
    const owner = isRefused(parsed) ? this.#ownerOf(raw) : undefined;
    return this.#take(parsed.name ?? "unnamed", parsed, owner);
  }

  /** Takes one away. */
  remove(raw: object): readonly Change[] {
    const name = nameOf(this.resource.kind, raw, this.#pool);
    if (name === undefined) return [];
    this.#tell(name, []);
    this.#hidden.delete(name);
    return this.#set(name, undefined);
  }

  #ownerOf(raw: object): ObjectName | undefined {
    if (this.resource.kind !== "slice") return "";
    return ownerOfSlice(new Fields(raw, new Reading(this.#pool)));
  }

  /** `owner` is of a slice that is refused. */
  #take(name: string, parsed: ParsedObject, owner: ObjectName | undefined): readonly Change[] {
    this.#note(name, parsed);
    this.#hidden.delete(name);
    if (isRefused(parsed) && !this.#objects.has(name)) this.#hidden.set(name, owner);
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
    const outcome = verdict === "refused" ? this.#outcome(name) : "";
    const object = kind === undefined ? "" : objectText(kind, name);
    const told = problems.map(({ path, message }) =>
      this.#problem({ object, field: fieldText(path), message: message + outcome }),
    );
    this.#tell(name, told);
  }

  /** Makes these the problems of one object. */
  #tell(name: string, problems: readonly SourceProblem[]): void {
    const before = this.#problems.get(name);
    const isFull = before === undefined && this.#problems.size >= WRONG_OBJECTS_MAX;
    if (problems.length > 0 && isFull) this.#untold.add(name);
    else {
      this.#untold.delete(name);
      const found = this.#standing.replace(before ?? NOTHING_WRONG, problems);
      if (found.length > 0) this.#problems.set(name, found);
      else this.#problems.delete(name);
    }
    if (this.#untold.size > 0 === this.#aboutUntold.length > 0) return;
    const about = this.#untold.size > 0 ? [this.#problem(FURTHER_OBJECTS)] : [];
    this.#aboutUntold = this.#standing.replace(this.#aboutUntold, about);
  }

  #problem(what: Omit<SourceProblem, "file" | "line">): SourceProblem {
    return { file: this.resource.name, line: 0, ...what };
  }

  #outcome(name: string): string {
    return this.#objects.has(name)
      ? "; its last good version stays in force"
      : "; it is left out until it is mended";
  }
}

function isRefused(parsed: ParsedObject): parsed is ParsedObject & { readonly name: string } {
  return parsed.verdict === "refused" && parsed.name !== undefined;
}
