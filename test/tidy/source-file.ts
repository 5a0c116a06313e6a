/** The project's files as text, for rules that read them. */
import { readdirSync, readFileSync } from "node:fs";
import { join, relative, sep } from "node:path";

/** A file of the project: its path from the top, with `/`, and its text. */
export interface SourceFile {
  readonly path: string;
  readonly text: string;
}

/** The project's top folder. */
export const TOP = join(import.meta.dirname, "..", "..");

/** Reads a file of the project. */
export function readProjectFile(path: string): SourceFile {
  return { path, text: readFileSync(join(TOP, path), "utf8") };
}

/** Every file below `folder` whose name `isWanted`, without what is built. */
export function readFiles(folder: string, isWanted: (path: string) => boolean): SourceFile[] {
  return readdirSync(join(TOP, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(TOP, join(entry.parentPath, entry.name)).split(sep).join("/"))
    .filter((path) => !BUILT.test(path) && isWanted(path))
    .sort()
    .map(readProjectFile);
}

const BUILT = /(?:^|\/)(?:node_modules|dist|build)\//;

/** The code of a TypeScript, JavaScript or C file without its comments; texts stay as they are. */
export function withoutComments(text: string): string {
  return text.replaceAll(TEXT_OR_COMMENT, (found) => (/^\/[*/]/.test(found) ? " " : found));
}

const TEXT_OR_COMMENT =
  /"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`(?:[^`\\]|\\[\s\S])*`|\/\*[\s\S]*?\*\/|\/\/[^\n]*/g;

/** The modules that a file names in import and export statements and in `import()`. */
export function importsOf({ text }: SourceFile): readonly string[] {
  return [...withoutComments(text).matchAll(IMPORT)].map((found) => found[1] ?? found[2] ?? "");
}

const IMPORT =
  /^(?:import\s*|(?:import|export)\b[^;"'=]*?\bfrom\s*)["']([^"']+)["']|\bimport\(\s*["']([^"']+)["']/gm;

/** The path from the top of a relative import, or undefined for a package. */
export function resolveImport(from: string, specifier: string): string | undefined {
  if (!specifier.startsWith(".")) return undefined;
  return join(from, "..", specifier).split(sep).join("/");
}
