/** The rules themselves, on files that break them: a rule that finds nothing here would find nothing anywhere. */
import { describe, expect, test } from "vitest";
import { packageFacts } from "./package-facts.ts";
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
import { importsOf, withoutComments } from "./source-file.ts";

/** Words that must not stand in this file as they are, since the rules read it too. */
const WORD = {
  later: ["TO", "DO"].join(""),
  skip: ["test", "skip"].join("."),
  home: ["", "home", "me"].join("/"),
};

describe("the rules find", () => {
  test.each`
    path                   | text                                                      | sentence
    ${"src/plan/bad.ts"}   | ${'import { a } from "../ipvs/a.ts";'}                    | ${"src/plan/bad.ts: plan may not import ipvs (use base or model)"}
    ${"src/plan/bad.ts"}   | ${'import type {\n  A,\n} from "../kube/a.ts";'}          | ${"src/plan/bad.ts: plan may not import kube (use base or model)"}
    ${"src/base/bad.ts"}   | ${'export { a } from "../model/a.ts";'}                   | ${"src/base/bad.ts: base may not import model (use nothing of ours)"}
    ${"src/kube/bad.ts"}   | ${'const a = await import("../netlink/a.ts");'}           | ${"src/kube/bad.ts: kube may not import netlink (use base or model)"}
    ${"src/host/bad.ts"}   | ${'import { a } from "../agent/a.ts";'}                   | ${"src/host/bad.ts: host may not import agent (only cli imports agent: hand in what is needed as a value or an interface)"}
    ${"src/agent/bad.ts"}  | ${'import { a } from "../cli/a.ts";'}                     | ${"src/agent/bad.ts: agent may not import cli (nothing imports cli: hand in what is needed as a value or an interface)"}
    ${"src/new/bad.ts"}    | ${""}                                                     | ${"src/new/bad.ts: new has no place in MAY_IMPORT (test/tidy/rules.ts)"}
    ${"src/plan/good.ts"}  | ${'import { a } from "../model/a.ts";\nimport "./b.ts";'} | ${undefined}
    ${"src/agent/good.ts"} | ${'// from "../cli/a.ts"\nimport "../plan/a.ts";'}        | ${undefined}
  `("an import in the wrong direction: $text in $path", ({ path, text, sentence }) => {
    expect(importDirections([{ path, text }])).toEqual(sentence === undefined ? [] : [sentence]);
  });

  test.each`
    path                        | specifier        | wrong
    ${"src/plan/a.ts"}          | ${"yaml"}        | ${true}
    ${"src/plan/a.ts"}          | ${"node:fs"}     | ${true}
    ${"src/plan/a.ts"}          | ${"node:crypto"} | ${false}
    ${"src/ipvs/a.ts"}          | ${"ffi-napi"}    | ${true}
    ${"src/netlink/library.ts"} | ${"ffi-napi"}    | ${false}
    ${"src/agent/a.ts"}         | ${"commander"}   | ${true}
    ${"src/kube/a.ts"}          | ${"pino"}        | ${true}
    ${"src/cli/a.ts"}           | ${"commander"}   | ${false}
  `(
    "a package away from its home: $specifier in $path is wrong: $wrong",
    ({ path, specifier, wrong }) => {
      const found = packageHomes([{ path, text: `import "${specifier}";` }]);
      expect(found.length > 0).toBe(wrong);
    },
  );

  test.each`
    path                   | text                                 | sentence
    ${"src/plan/a.ts"}     | ${"const at = Date.now();"}          | ${"src/plan/a.ts: uses Date.now (use a Clock, src/base/clock.ts)"}
    ${"src/kube/a.ts"}     | ${"setTimeout(run, 5);"}             | ${"src/kube/a.ts: uses setTimeout (use a Clock, src/base/clock.ts)"}
    ${"src/base/clock.ts"} | ${"setTimeout(run, 5);"}             | ${undefined}
    ${"src/agent/a.ts"}    | ${"console.log(1);"}                 | ${"src/agent/a.ts: uses console. (use a Logger, or text that a command returns)"}
    ${"src/cli/a.ts"}      | ${"process.stdout.write(a);"}        | ${undefined}
    ${"src/cli/a.ts"}      | ${"process.env"}                     | ${"src/cli/a.ts: uses process.env (use Config, src/config)"}
    ${"src/host/a.ts"}     | ${'import "node:child_process";'}    | ${"src/host/a.ts: uses child_process (use netlink or a file of /proc: nothing is spawned)"}
    ${"src/host/a.ts"}     | ${"/* Date.now() */ // console.log"} | ${undefined}
  `("a call outside its home: $text in $path", ({ path, text, sentence }) => {
    expect(bannedCalls([{ path, text }])).toEqual(sentence === undefined ? [] : [sentence]);
  });

  test("a file that is too long, and one that does not say what it is for", () => {
    const long = { path: "a.ts", text: "a\n".repeat(251) };
    expect(fileLengths([long, { path: "b.ts", text: "a\n".repeat(250) }])).toEqual([
      "a.ts: has 251 lines, at most 250 (split it)",
    ]);
    expect(openingComments([long])).toHaveLength(1);
    const good = ["/** What. */\n", "/*\n * What.\n */\n", "#!/usr/bin/env node\n/** What. */\n"];
    expect(openingComments(good.map((text) => ({ path: "a.ts", text })))).toEqual([]);
  });

  test("what is left for later, what is switched off, and paths of a machine", () => {
    const file = { path: "a.ts", text: `\n// ${WORD.later}: more` };
    expect(leftovers([file])).toEqual([`a.ts:2: has ${WORD.later} (do it, or open an issue)`]);
    expect(leftovers([{ path: "a.ts", text: `${WORD.skip}("x")` }])).toHaveLength(1);
    expect(leftovers([{ path: "a.ts", text: 'test("skips what is only for later")' }])).toEqual([]);
    expect(machinePaths([{ path: "a.ts", text: `read("${WORD.home}/x")` }])).toHaveLength(1);
    expect(
      machinePaths([{ path: "a.ts", text: `\${cache}${WORD.home} and a.b${WORD.home}` }]),
    ).toEqual([]);
  });

  test("dead files", () => {
    const files = [
      { path: "src/main.ts", text: 'import { a } from "./cli/a.ts";' },
      { path: "src/cli/a.ts", text: 'import type { B } from "../model/b.ts";' },
      { path: "src/model/b.ts", text: "" },
      { path: "src/model/dead.ts", text: 'import "./b.ts";' },
    ];
    expect(unreachable(files, "src/main.ts")).toEqual([
      "src/model/dead.ts: is not reached from src/main.ts (import it, or delete it)",
    ]);
  });

  test("links that lead nowhere", () => {
    const text = "[a](there.md) [b](gone.md#x) [c](https://example.com) [d](#here)";
    expect(brokenLinks([{ path: "docs/a.md", text }], (path) => path === "docs/there.md")).toEqual([
      "docs/a.md: links to gone.md, which is not there",
    ]);
  });

  test("packages without a reason, a version without an entry, a host in the lock file", () => {
    const manifest = JSON.stringify({ version: "1.2.3", dependencies: { yaml: "1" } });
    const lock = '"resolved": "https://registry.example.com/yaml.tgz"';
    const bad = { manifest, lock, changelog: "## 1.2.2", architecture: "" };
    expect(packageFacts(bad)).toEqual([
      "ARCHITECTURE.md: does not name `yaml` (say what it is for)",
      "CHANGELOG.md: has nothing on 1.2.3, the version of package.json",
      'package-lock.json: names a host: "resolved": "https://registry.example.com/yaml.tgz"',
    ]);
    const good = { manifest, lock: "{}", changelog: "## 1.2.3", architecture: "`yaml` reads" };
    expect(packageFacts(good)).toEqual([]);
  });
});

describe("reading code", () => {
  test("takes comments away and leaves texts", () => {
    expect(withoutComments('a("//b"); // c\n/* d */ e(`/* f */`)')).toBe(
      'a("//b");  \n  e(`/* f */`)',
    );
  });

  test("finds every import", () => {
    const text =
      'import a from "a";\nimport "b";\nexport * from "c";\nexport const x = "y";\nconst d = import("d");\n// import "e"';
    expect(importsOf({ path: "", text })).toEqual(["a", "b", "c", "d"]);
  });
});
