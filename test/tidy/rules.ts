/** What a reviewer would repeat, as rules: each takes files and gives sentences, one for each breach. */
import { importsOf, resolveImport, type SourceFile, withoutComments } from "./source-file.ts";

/** Lines that one file may have. */
const LINES_MAX = 250;

/** Everything that `agent` ties together. */
const BELOW_AGENT = [
  ...["base", "model", "plan", "kube", "config", "observe"],
  ...["netlink", "ipvs", "host", "nft", "conntrack", "takeover"],
] as const;

/** Who may import whom inside `src`; each may import its own files. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  base: [],
  model: ["base"],
  plan: ["base", "model"],
  kube: ["base", "model"],
  config: ["base", "model"],
  observe: ["base", "model"],
  netlink: ["base", "model"],
  ipvs: ["base", "model", "netlink"],
  host: ["base", "model", "netlink"],
  nft: ["base", "model", "netlink"],
  conntrack: ["base", "model", "netlink"],
  takeover: ["base", "model", "netlink"],
  agent: [...BELOW_AGENT],
  cli: [...BELOW_AGENT, "agent"],
  "main.ts": ["base", "config", "host", "observe", "cli"],
};

/** What to do instead of the import that is not allowed. */
const INSTEAD: Readonly<Record<string, string>> = {
  agent: "only cli imports agent: hand in what is needed as a value or an interface",
  cli: "nothing imports cli: hand in what is needed as a value or an interface",
};

/** Imports go one way between the folders of `src`. */
export function importDirections(files: readonly SourceFile[]): readonly string[] {
  return files.flatMap((file) => {
    const from = areaOf(file.path);
    const allowed = MAY_IMPORT[from];
    if (allowed === undefined) {
      return [`${file.path}: ${from} has no place in MAY_IMPORT (test/tidy/rules.ts)`];
    }
    return importsOf(file).flatMap((specifier) => {
      const target = resolveImport(file.path, specifier);
      if (target === undefined || !target.startsWith("src/")) return [];
      const to = areaOf(target);
      if (to === from || allowed.includes(to)) return [];
      const use = INSTEAD[to] ?? `use ${allowed.join(" or ") || "nothing of ours"}`;
      return [`${file.path}: ${from} may not import ${to} (${use})`];
    });
  });
}

function areaOf(path: string): string {
  return path.split("/")[1] ?? "";
}

/** Packages that only some files may import. */
const PACKAGE_HOMES: readonly {
  readonly name: RegExp;
  readonly home: RegExp;
  readonly use: string;
}[] = [
  {
    name: /^(?:ffi|ref)-napi$/,
    home: /^src\/(?:netlink|nft)\/library\.ts$/,
    use: "src/netlink/library.ts or src/nft/library.ts",
  },
  { name: /^(?!node:)/, home: /^src\/(?!plan\/)/, use: "base and model: plan imports no package" },
  {
    name: /^node:(?:fs|net|dgram|http|https|child_process)/,
    home: /^src\/(?!plan|model)/,
    use: "values: plan and model touch nothing outside",
  },
  { name: /^commander$/, home: /^src\/cli\//, use: "a function that cli calls" },
  {
    name: /^pino(?:-pretty)?$/,
    home: /^src\/(?:observe|cli|agent)\//,
    use: "errors and values: low layers do not log",
  },
];

/** Packages stay where they belong. */
export function packageHomes(files: readonly SourceFile[]): readonly string[] {
  return files.flatMap((file) =>
    importsOf(file)
      .filter((specifier) => !specifier.startsWith("."))
      .flatMap((specifier) =>
        PACKAGE_HOMES.filter(({ name, home }) => name.test(specifier) && !home.test(file.path)).map(
          ({ use }) => `${file.path}: may not import ${specifier} (use ${use})`,
        ),
      ),
  );
}

/** No file is longer than one can hold in mind. */
export function fileLengths(files: readonly SourceFile[]): readonly string[] {
  return files.flatMap(({ path, text }) => {
    const lines = text.trimEnd().split("\n").length;
    return lines > LINES_MAX
      ? [`${path}: has ${lines} lines, at most ${LINES_MAX} (split it)`]
      : [];
  });
}

/** Every file opens by saying what it is for. */
export function openingComments(files: readonly SourceFile[]): readonly string[] {
  return files
    .filter(({ text }) => !/^(?:#![^\n]*\n)?\/\*\*?[\s*]+\S/.test(text))
    .map(({ path }) => `${path}: does not open with a comment that says what it is for`);
}

const BANNED: readonly { readonly pattern: RegExp; readonly home: RegExp; readonly use: string }[] =
  [
    {
      pattern: /\bDate\.now\b|\bnew Date\(\)|\bperformance\.now\b|\bset(?:Timeout|Interval)\b/,
      home: /^src\/base\/clock\.ts$/,
      use: "a Clock, src/base/clock.ts",
    },
    {
      pattern: /\bconsole\.|\bprocess\.std(?:out|err)\b/,
      home: /^src\/(?:cli\/|main\.ts$)/,
      use: "a Logger, or text that a command returns",
    },
    { pattern: /\bprocess\.env\b/, home: /^src\/config\//, use: "Config, src/config" },
    {
      pattern: /\bprocess\.exit\(/,
      home: /^src\/(?:cli\/|main\.ts$)/,
      use: "an error that cli turns into an exit code",
    },
    {
      pattern: /\bchild_process\b/,
      home: /^$/,
      use: "netlink or a file of /proc: nothing is spawned",
    },
    {
      pattern: /\bMath\.random\b/,
      home: /^$/,
      use: "a hash of what it is for: equal input, equal output",
    },
  ];

/** Some calls have one home in `src`. */
export function bannedCalls(files: readonly SourceFile[]): readonly string[] {
  return files.flatMap(({ path, text }) => {
    const code = withoutComments(text);
    return BANNED.flatMap(({ pattern, home, use }) => {
      const found = pattern.exec(code)?.[0];
      return found === undefined || home.test(path) ? [] : [`${path}: uses ${found} (use ${use})`];
    });
  });
}

/** Nothing is left for later, and no test is switched off. */
export function leftovers(files: readonly SourceFile[]): readonly string[] {
  return matches(files, [
    [/\b(?:TO[D]O|FIX[M]E|X[X]X)\b/, "do it, or open an issue"],
    [
      /\b(?:test|it|describe|suite)(?:\.\w+)*\.(?:skip|only|todo|fails|skipIf|runIf)\b/,
      "a test runs, always",
    ],
    [/\bx[f]ail\b/, "a test passes, or is mended"],
    [/@ts-(?:ignore|nocheck|expect-error)\b/, "types that are right"],
  ]);
}

/** Nothing tells whose machine it was written on. */
export function machinePaths(files: readonly SourceFile[]): readonly string[] {
  return matches(files, [
    [
      /(?<![\w.$}-])\/(?:home|root|work|Users)\/\w[\w.-]*/,
      "a path from the project's top, or a variable",
    ],
  ]);
}

function matches(
  files: readonly SourceFile[],
  patterns: readonly (readonly [RegExp, string])[],
): readonly string[] {
  return files.flatMap(({ path, text }) =>
    patterns.flatMap(([pattern, use]) => {
      const found = pattern.exec(text);
      if (found === null) return [];
      const line = text.slice(0, found.index).split("\n").length;
      return [`${path}:${line}: has ${found[0]} (${use})`];
    }),
  );
}

/** Every file of `src` is reached from `entry`, so that none is dead. */
export function unreachable(files: readonly SourceFile[], entry: string): readonly string[] {
  const byPath = new Map(files.map((file) => [file.path, file]));
  const reached = new Set<string>();
  const queue = [entry];
  for (let path = queue.pop(); path !== undefined; path = queue.pop()) {
    const file = byPath.get(path);
    if (file === undefined || reached.has(path)) continue;
    reached.add(path);
    for (const specifier of importsOf(file)) {
      const target = resolveImport(path, specifier);
      if (target !== undefined) queue.push(target);
    }
  }
  return files
    .filter(({ path }) => !reached.has(path))
    .map(({ path }) => `${path}: is not reached from ${entry} (import it, or delete it)`);
}

/** Every relative link of the documents leads to something. */
export function brokenLinks(
  documents: readonly SourceFile[],
  exists: (path: string) => boolean,
): readonly string[] {
  return documents.flatMap(({ path, text }) =>
    [...text.matchAll(/\]\(([^)#\s]+)[^)]*\)/g)].flatMap(([, link = ""]) => {
      if (/^[a-z]+:/.test(link)) return [];
      return exists(resolveImport(path, `./${link}`) ?? "")
        ? []
        : [`${path}: links to ${link}, which is not there`];
    }),
  );
}
