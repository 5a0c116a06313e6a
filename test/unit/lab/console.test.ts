/** What is made of the text that a lab prints. */
import { expect, test } from "vitest";
import { Console } from "../../lab/console.ts";
import { LabError, type LabErrorCode } from "../../lab/lab-error.ts";

function printed(...parts: string[]): { seen: string; console: Console } {
  let seen = "";
  const console = new Console(0, (text) => {
    seen += text;
  });
  for (const part of parts) console.accept(part);
  return { seen, console };
}

test("only what comes after the start of the program is passed on, wherever the text is cut", () => {
  const text = "Checking ptrace\n\nlab: started\nhello\nworld\n";
  for (let at = 1; at < text.length; at++) {
    const { seen, console } = printed(text.slice(0, at), text.slice(at));
    expect(seen).toBe("hello\nworld\n");
    expect(console.tail).toBe("hello\nworld\n");
    expect(console.startedMs).toBeGreaterThan(0);
  }
});

test.each<[LabErrorCode, string, RegExp]>([
  ["panic", "Kernel panic - not syncing: no init found", /kernel crashed/],
  ["host-memory", "UML ran out of memory on the host side!", /vm\.max_map_count=4194304/],
  ["no-status", "going", /ended before its program did/],
])("a lab without a status is told as %s", (code, text, sentence) => {
  const { console } = printed("\nlab: started\n", text);
  const thrown = (): never => console.fail();
  expect(thrown).toThrow(LabError);
  expect(thrown).toThrow(sentence);
  expect(thrown).toThrow(expect.objectContaining({ code }));
});
