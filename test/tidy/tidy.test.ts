/** Reads the project as text and holds it to the rules of `rules.ts`. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { packageFacts, readPackageFacts } from "./package-facts.ts";
import {
  bannedCalls,
  brokenLinks,
  fileLengths,
  importDirections,
  leftovers,
  machinePaths,
  openingComments,
  packageHomes,
  unreachable,
} from "./rules.ts";
import { readFiles, TOP } from "./source-file.ts";

const source = readFiles("src", (path) => path.endsWith(".ts"));
const code = [
  ...source,
  ...readFiles("test", (path) => /\.(?:ts|mjs|c|h)$/.test(path)),
  ...readFiles("native", (path) => /\.[ch]$/.test(path)),
];
const documents = readFiles(".", (path) => /^(?:[^/]+|(?:docs|deploy)\/.*)\.md$/.test(path));
const others = readFiles(".", (path) =>
  /^(?:[^/]+\.(?:json|ts)|deploy\/.*|\.ci\/.*|native\/Makefile)$/.test(path),
);

describe("the project", () => {
  test("has files for the rules to read", () => {
    expect(source.length).toBeGreaterThan(50);
    expect(code.length).toBeGreaterThan(source.length);
    expect(documents.map(({ path }) => path)).toContain("README.md");
  });

  test("imports in one direction", () => {
    expect(importDirections(source)).toEqual([]);
  });

  test("keeps packages where they belong", () => {
    expect(packageHomes(source)).toEqual([]);
  });

  test("has no long file", () => {
    expect(fileLengths(code)).toEqual([]);
  });

  test("says at the top of each file what it is for", () => {
    expect(openingComments(code)).toEqual([]);
  });

  test("makes no call outside its home", () => {
    expect(bannedCalls(source)).toEqual([]);
  });

  test("leaves nothing for later and switches no test off", () => {
    expect(leftovers([...code, ...documents, ...others])).toEqual([]);
  });

  test("names no path of anyone's machine", () => {
    expect(machinePaths([...code, ...documents, ...others])).toEqual([]);
  });

  test("has no dead file in src", () => {
    expect(unreachable(source, "src/main.ts")).toEqual([]);
  });

  test("has documents whose links lead somewhere", () => {
    expect(brokenLinks(documents, (path) => existsSync(join(TOP, path)))).toEqual([]);
  });

  test("names its packages, its version and no host", () => {
    expect(packageFacts(readPackageFacts())).toEqual([]);
  });
});
