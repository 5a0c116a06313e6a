/** Changes of our tables as a script of nftables: what `nft -f` would take, and one transaction. Pure. */
import type {
  FilterElement,
  FilterObject,
  FilterOperation,
  SourceChain,
} from "../model/packet-filter.ts";
import { TABLE, tableFamily } from "./ruleset.ts";

/** The script: what goes before what comes, and a chain before what jumps to it. */
export function operationScript(operations: readonly FilterOperation[]): string {
  const gone = objectsOf(operations, "delete-filter");
  const added = objectsOf(operations, "add-filter");
  return [
    ...bySet(gone.filter(isElement)).map((set) => `delete element ${set.place} { ${set.keys} }`),
    ...gone.filter(isChain).flatMap(chainDeletion),
    ...added.filter(isChain).flatMap(chainAddition),
    ...bySet(added.filter(isElement)).map((set) => `add element ${set.place} { ${set.entries} }`),
  ]
    .map((line) => `${line}\n`)
    .join("");
}

function objectsOf(
  operations: readonly FilterOperation[],
  kind: FilterOperation["kind"],
): FilterObject[] {
  return operations.filter((operation) => operation.kind === kind).map(({ object }) => object);
}

function isElement(object: FilterObject): object is FilterElement {
  return object.kind === "element";
}

function isChain(object: FilterObject): object is SourceChain {
  return object.kind === "source-chain";
}

/** The elements of each set together. */
function bySet(elements: readonly FilterElement[]) {
  const sets = new Map<string, FilterElement[]>();
  for (const element of elements) {
    const place = `${tableFamily(element.family)} ${TABLE} ${element.set}`;
    const members = sets.get(place);
    if (members) members.push(element);
    else sets.set(place, [element]);
  }
  return [...sets].map(([place, members]) => ({
    place,
    keys: members.map(({ key }) => key).join(", "),
    entries: members.map(({ key, value }) => (value === "" ? key : `${key} : ${value}`)).join(", "),
  }));
}

function chainDeletion({ family, name }: SourceChain): string[] {
  const chain = `${tableFamily(family)} ${TABLE} ${name}`;
  return [`flush chain ${chain}`, `delete chain ${chain}`];
}

/** A rule for each range: what the kernel merges in a set could not be read back. */
function chainAddition({ family, name, ranges }: SourceChain): string[] {
  const ip = tableFamily(family);
  const chain = `${ip} ${TABLE} ${name}`;
  return [
    `add chain ${chain}`,
    ...ranges.map(
      (range) => `add rule ${chain} ${ip} saddr ${range} return comment "allowed clients"`,
    ),
    `add rule ${chain} drop comment "all other clients"`,
  ];
}
