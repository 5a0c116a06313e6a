/** Nearest words, durations, and the lines of JSON and YAML. */
import { describe, expect, test } from "vitest";
import { formatDuration, parseDuration } from "../../../src/base/duration.ts";
import { findInJson } from "../../../src/base/json-lines.ts";
import { didYouMean, editDistance, nearestWord } from "../../../src/base/nearest-word.ts";
import { readYaml, yamlLines } from "../../../src/base/yaml-document.ts";

const WORDS = ["scheduler", "drainTimeout", "manifests", "rr", "wrr"];

describe("nearestWord", () => {
  test.each`
    word               | nearest
    ${"schedular"}     | ${"scheduler"}
    ${"scehduler"}     | ${"scheduler"}
    ${"SCHEDULER"}     | ${"scheduler"}
    ${"draintimeout"}  | ${"drainTimeout"}
    ${"drain-timeout"} | ${"drainTimeout"}
    ${"wr"}            | ${"rr"}
    ${"banana"}        | ${undefined}
    ${""}              | ${undefined}
  `("of $word is $nearest", ({ word, nearest }) => {
    expect(nearestWord(word, WORDS)).toBe(nearest);
  });

  test("makes the end of a sentence, or nothing", () => {
    expect(didYouMean("schedular", WORDS)).toBe(" (did you mean scheduler?)");
    expect(didYouMean("banana", WORDS)).toBe("");
  });

  test.each`
    a         | b            | edits
    ${"abc"}  | ${"abc"}     | ${0}
    ${"abc"}  | ${"acb"}     | ${1}
    ${"abc"}  | ${"ab"}      | ${1}
    ${"abc"}  | ${"xbc"}     | ${1}
    ${"abc"}  | ${"abcd"}    | ${1}
    ${"abcd"} | ${"badc"}    | ${2}
    ${"a"}    | ${"abcdefg"} | ${5}
  `("$a and $b are $edits edits apart (5 is the limit)", ({ a, b, edits }) => {
    expect(editDistance(a, b, 5)).toBe(edits);
  });
});

describe("durations", () => {
  test.each`
    text        | ms
    ${"0"}      | ${0}
    ${"0s"}     | ${0}
    ${"30s"}    | ${30_000}
    ${"1m30s"}  | ${90_000}
    ${"1.5h"}   | ${5_400_000}
    ${".5s"}    | ${500}
    ${"10ms"}   | ${10}
    ${"1500us"} | ${1.5}
    ${"30"}     | ${undefined}
    ${"-1s"}    | ${undefined}
    ${"1s "}    | ${undefined}
    ${"1d"}     | ${undefined}
    ${""}       | ${undefined}
    ${"s"}      | ${undefined}
    ${"1..5s"}  | ${undefined}
    ${"thirty"} | ${undefined}
  `("$text is $ms ms", ({ text, ms }) => {
    expect(parseDuration(text)).toBe(ms);
  });

  test.each`
    ms           | text
    ${0}         | ${"0s"}
    ${0.5}       | ${"500us"}
    ${10}        | ${"10ms"}
    ${1_500}     | ${"1.5s"}
    ${90_000}    | ${"1m30s"}
    ${3_600_000} | ${"1h"}
    ${3_661_000} | ${"1h1m1s"}
  `("$ms ms are written $text", ({ ms, text }) => {
    expect(formatDuration(ms)).toBe(text);
  });
});

describe("findInJson", () => {
  const text = '{\n "a": [\n  {"b":\n   1},\n  2\n ],\n "c\\"d": null\n}\n';

  test.each`
    path                  | line
    ${[]}                 | ${1}
    ${["a"]}              | ${2}
    ${["a", 0]}           | ${3}
    ${["a", 0, "b"]}      | ${3}
    ${["a", 1]}           | ${5}
    ${["a", 7]}           | ${2}
    ${["a", 0, "x", "y"]} | ${3}
    ${['c"d']}            | ${7}
    ${["nowhere"]}        | ${1}
  `("finds $path in line $line", ({ path, line }) => {
    expect(findInJson(text, [path])).toEqual({ lines: [line], errorLine: undefined });
  });

  test.each`
    text                        | line
    ${'{\n "a": 1,\n}'}         | ${3}
    ${'{\n "a": 1\n "b": 2\n}'} | ${3}
    ${'{\n "a":\n x}'}          | ${3}
    ${"[\n1,\n2"}               | ${3}
    ${"{}\n{}"}                 | ${2}
    ${"["}                      | ${1}
    ${"[".repeat(100_000)}      | ${1}
  `("sees that line $line is no JSON", ({ text: broken, line }) => {
    expect(findInJson(broken, []).errorLine).toBe(line);
  });
});

describe("readYaml", () => {
  test("gives the value, with merge keys", () => {
    const text = "base: &base {a: 1}\nmore: {<<: *base, b: 2}\n";
    expect(readYaml(text).value).toEqual({ base: { a: 1 }, more: { a: 1, b: 2 } });
  });

  test("names the line of a mistake", () => {
    expect(readYaml("a: 1\nb: [1,\nc: 2\n").error?.line).toBe(3);
    expect(readYaml("a: 1\n---\nb: 2\n").error).toEqual({
      line: 2,
      message: "expected one document, found a second one here",
    });
    expect(readYaml("a: 1\na: 2\n").error).toMatchObject({ line: 2 });
  });

  test("refuses aliases that multiply", () => {
    const rows = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"];
    for (let i = 1; i < 9; i++) {
      const items = Array.from({ length: 9 }, () => `*a${i - 1}`).join(", ");
      rows.push(`a${i}: &a${i} [${items}]`);
    }
    expect(readYaml(rows.join("\n")).error?.message).toMatch(/alias/i);
  });

  test("refuses what is nested too deep instead of crashing", () => {
    expect(readYaml("[".repeat(200_000)).error).toBeDefined();
  });

  test.each`
    path             | line
    ${[]}            | ${2}
    ${["a"]}         | ${2}
    ${["a", "b"]}    | ${3}
    ${["a", "b", 1]} | ${5}
    ${["a", "b", 9]} | ${3}
    ${["a", "x"]}    | ${2}
    ${["c", "d"]}    | ${6}
  `("finds $path in line $line", ({ path, line }) => {
    const text = "# comment\na:\n  b:\n    - 1\n    - 2\nc: {d: 3}\n";
    expect(yamlLines(text)(path)).toBe(line);
  });
});
