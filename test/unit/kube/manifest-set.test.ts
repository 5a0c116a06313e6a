/** The rules on which version of an object is in force, file by file. */
import { describe, expect, test } from "vitest";
import { type Change, sourceProblemText } from "../../../src/kube/change.ts";
import { ManifestSet } from "../../../src/kube/manifest-set.ts";
import { parseManifestText } from "../../../src/kube/manifest-text.ts";
import { StringPool } from "../../../src/kube/string-pool.ts";
import { serviceYaml } from "./manifest-texts.ts";

class Bench {
  readonly set = new ManifestSet();
  readonly #pool = new StringPool();

  read(file: string, text: string): readonly string[] {
    const jsonOnly = file.endsWith(".json");
    const options = { jsonOnly, previous: this.set.documents(file), pool: this.#pool };
    return this.set.read(file, parseManifestText(text, options)).map(changeText);
  }

  schedulers(): Record<string, string | undefined> {
    const services = [...this.set.picture().services.values()];
    return Object.fromEntries(
      services.map(({ name, annotations }) => [name, annotations["kube-ipvs.io/scheduler"]]),
    );
  }

  problems(): readonly string[] {
    return this.set.problems().map(sourceProblemText);
  }
}

function changeText(change: Change): string {
  if (change.kind === "replaced" || change.kind === "circumstances") return change.kind;
  return `${change.value === undefined ? "-" : "+"} ${change.kind} ${change.name}`;
}

const BAD_PORT = "expected a whole number from 1 to 65535, found";

describe("a set of manifests", () => {
  test("tells what a file adds, changes and takes away, and nothing else", () => {
    const bench = new Bench();
    expect(bench.read("a.yaml", serviceYaml("one"))).toEqual(["+ service default/one"]);
    expect(bench.read("a.yaml", `${serviceYaml("one")}---\n${serviceYaml("two")}`)).toEqual([
      "+ service default/two",
    ]);
    expect(
      bench.read("a.yaml", `# same\n---\n${serviceYaml("two")}---\n${serviceYaml("one")}`),
    ).toEqual([]);
    expect(bench.read("a.yaml", serviceYaml("two", { scheduler: "lc" }))).toEqual([
      "+ service default/two",
      "- service default/one",
    ]);
    expect(bench.set.remove("a.yaml").map(changeText)).toEqual(["- service default/two"]);
    expect(bench.set.picture().services.size).toBe(0);
  });

  test("a refused object keeps its last good version, and says where it is wrong", () => {
    const bench = new Bench();
    bench.read("a.yaml", `${serviceYaml("one")}---\n${serviceYaml("two")}`);
    const bad = `${serviceYaml("one", { scheduler: "lc", port: "http" })}---\n${serviceYaml("two", { scheduler: "sed" })}`;
    expect(bench.read("a.yaml", bad)).toEqual(["+ service default/two"]);
    expect(bench.schedulers()).toEqual({ "default/one": "rr", "default/two": "sed" });
    expect(bench.problems()).toEqual([
      `a.yaml:10: Service default/one: spec.ports[0].port: ${BAD_PORT} "http"; its last good version stays`,
    ]);
    expect(bench.read("a.yaml", serviceYaml("two", { scheduler: "sed" }))).toEqual([
      "- service default/one",
    ]);
    expect(bench.problems()).toEqual([]);
  });

  test("a refused object that was never good is left out", () => {
    const bench = new Bench();
    expect(bench.read("a.yaml", serviceYaml("one", { port: "-1" }))).toEqual([]);
    expect(bench.problems()).toEqual([
      `a.yaml:10: Service default/one: spec.ports[0].port: ${BAD_PORT} the number -1; it is left out`,
    ]);
  });

  test("a document that does not tell which object it is takes none away", () => {
    const bench = new Bench();
    bench.read("a.yaml", `${serviceYaml("one")}---\n${serviceYaml("two")}`);
    expect(bench.read("a.yaml", `${serviceYaml("one")}---\nmetadata: [\n`)).toEqual([]);
    expect(bench.schedulers()).toEqual({ "default/one": "rr", "default/two": "rr" });
    expect(bench.problems()[0]).toMatch(
      /^a.yaml:12: is no YAML: .*; what this file had before stays$/,
    );
    expect(bench.read("a.yaml", serviceYaml("one").replace("name: one", "nam: one"))).toEqual([]);
    expect(bench.schedulers()).toEqual({ "default/one": "rr", "default/two": "rr" });
  });

  test("a misspelled kind takes nothing away, and another kind does", () => {
    const bench = new Bench();
    bench.read("a.yaml", serviceYaml("one"));
    expect(
      bench.read("a.yaml", serviceYaml("one").replace("kind: Service", "kind: Servise")),
    ).toEqual([]);
    expect(
      bench.read("a.yaml", serviceYaml("one").replace("kind: Service", "kind: Gateway")),
    ).toEqual(["- service default/one"]);
  });

  test.each([
    ["kind: Service", "kind: Servcie"],
    ["apiVersion: v1", "apiVersion: v11"],
    ["kind: Service", "kind: ServiceList"],
  ])(
    "the first picture is not complete while something is misspelled: %s as %s",
    (right, wrong) => {
      const bench = new Bench();
      bench.read("a.yaml", serviceYaml("one").replace(right, wrong));
      expect(bench.set.picture().complete).toBe(false);
      bench.read("a.yaml", serviceYaml("one"));
      expect(bench.set.picture().complete).toBe(true);
    },
  );

  test("the first picture is complete without objects of kinds that have nothing to do with ours", () => {
    const bench = new Bench();
    bench.read("a.yaml", serviceYaml("one").replace("kind: Service", "kind: Gateway"));
    expect(bench.set.picture().complete).toBe(true);
  });

  test.each(["", "\n", "# nothing\n", "---\n---\n", "\uFEFF", "%YAML 1.2\n---\n"])(
    "an empty file keeps its objects: %j",
    (text) => {
      const bench = new Bench();
      expect(bench.read("a.yaml", text)).toEqual([]);
      expect(bench.problems()).toEqual([]);
      bench.read("a.yaml", serviceYaml("one"));
      expect(bench.read("a.yaml", text)).toEqual([]);
      expect(bench.schedulers()).toEqual({ "default/one": "rr" });
      expect(bench.problems()).toEqual([
        "a.yaml: is empty; its objects stay until it has some or is deleted",
      ]);
    },
  );

  test("a file that cannot be read keeps its objects, and is read anew later", () => {
    const bench = new Bench();
    bench.read("a.yaml", serviceYaml("one"));
    bench.set.fail("a.yaml", "may not be read");
    expect(bench.schedulers()).toEqual({ "default/one": "rr" });
    expect(bench.problems()).toEqual(["a.yaml: may not be read"]);
    expect(bench.read("a.yaml", serviceYaml("one"))).toEqual([]);
    expect(bench.problems()).toEqual([]);
  });

  test("the first file by name has an object that is in two, and the problem names both", () => {
    const bench = new Bench();
    bench.read("b.yaml", serviceYaml("one", { scheduler: "lc" }));
    expect(bench.read("c.yaml", serviceYaml("one", { scheduler: "sh" }))).toEqual([]);
    expect(bench.read("a.yaml", serviceYaml("one", { scheduler: "rr" }))).toEqual([
      "+ service default/one",
    ]);
    expect(bench.schedulers()).toEqual({ "default/one": "rr" });
    expect(bench.problems()).toEqual([
      "b.yaml:1: Service default/one: is also in a.yaml, which comes first: that one is in force",
      "c.yaml:1: Service default/one: is also in a.yaml, which comes first: that one is in force",
    ]);
    expect(bench.set.remove("a.yaml").map(changeText)).toEqual(["+ service default/one"]);
    expect(bench.schedulers()).toEqual({ "default/one": "lc" });
    expect(bench.set.remove("b.yaml").map(changeText)).toEqual(["+ service default/one"]);
    expect(bench.set.remove("c.yaml").map(changeText)).toEqual(["- service default/one"]);
    expect(bench.problems()).toEqual([]);
  });

  test("the first document has an object that is twice in one file", () => {
    const bench = new Bench();
    bench.read("a.yaml", `${serviceYaml("one")}---\n${serviceYaml("one", { scheduler: "lc" })}`);
    expect(bench.schedulers()).toEqual({ "default/one": "rr" });
    expect(bench.problems()).toEqual([
      "a.yaml:11: Service default/one: is also in line 1: that one is in force",
    ]);
  });

  test("taking over an equal object from another file is no change", () => {
    const bench = new Bench();
    bench.read("a.yaml", serviceYaml("one"));
    bench.read("b.yaml", serviceYaml("one"));
    expect(bench.set.remove("a.yaml")).toEqual([]);
  });

  test("a picture is incomplete until every file could be read whole once", () => {
    const bench = new Bench();
    bench.read("a.yaml", serviceYaml("one"));
    bench.read("b.yaml", "kind: [");
    expect(bench.set.picture().complete).toBe(false);
    bench.read("b.yaml", serviceYaml("two"));
    expect(bench.set.picture().complete).toBe(true);
    bench.read("b.yaml", "kind: [");
    expect(bench.set.picture().complete).toBe(true);
  });
});

describe("the text of a manifest", () => {
  test.each`
    what             | text
    ${"List"}        | ${{ apiVersion: "v1", kind: "List", items: [{ apiVersion: "v1", kind: "Service", metadata: { name: "a" }, spec: { clusterIP: "None" } }] }}
    ${"ServiceList"} | ${{ apiVersion: "v1", kind: "ServiceList", items: [{ metadata: { name: "a" }, spec: { clusterIP: "None" } }] }}
  `("may be a $what, in JSON or in YAML", ({ text }) => {
    const json = JSON.stringify(text);
    expect(new Bench().read("a.json", json)).toEqual(["+ service default/a"]);
    expect(new Bench().read("a.yaml", json)).toEqual(["+ service default/a"]);
    expect(new Bench().read("a.yaml", `--- # a comment\n${json}\n---\n{a: [}`)).toEqual([
      "+ service default/a",
    ]);
  });

  test("finds the line of a problem in a list", () => {
    const bench = new Bench();
    const items = [
      { metadata: { name: "a" }, spec: { clusterIP: "None" } },
      { metadata: { name: "b" }, spec: { clusterIP: "x" } },
    ];
    bench.read("a.json", JSON.stringify({ kind: "ServiceList", items }, null, 1));
    expect(bench.problems()).toEqual([
      'a.json:17: Service default/b: spec.clusterIP: expected an IP address or "None", found "x"; it is left out',
    ]);
  });

  test("of a .json file must be JSON, and the line where it is not is named", () => {
    const bench = new Bench();
    bench.read("a.json", '{\n "kind": "Service",\n}');
    expect(bench.problems()[0]).toMatch(/^a\.json:3: is no JSON: /);
    expect(
      new Bench().read(
        "a.yaml",
        "{apiVersion: v1, kind: Service, metadata: {name: a}, spec: {clusterIP: None}}",
      ),
    ).toEqual(["+ service default/a"]);
  });

  test("is cut at document markers alone, not at dashes in a block of text", () => {
    const yaml = `${serviceYaml("one")}  externalName: |\n    ---\n    text\n---\n${serviceYaml("two")}`;
    expect(new Bench().read("a.yaml", yaml)).toEqual([
      "+ service default/one",
      "+ service default/two",
    ]);
    expect(new Bench().read("a.yaml", serviceYaml("one").replaceAll("\n", "\r\n"))).toEqual([
      "+ service default/one",
    ]);
  });
});
