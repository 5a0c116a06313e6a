/** How the demo looks: each event as text for a terminal of up to 100 columns. Pure. */
import { stripVTControlCharacters, styleText } from "node:util";
import type { DemoEvent, SpreadRow } from "./demo-event.ts";

/** What the text is for. */
export interface TextStyle {
  readonly colors: boolean;
  readonly columns: number;
}

export const COLUMNS_MAX = 100;
const INDENT = 3;
const MARK_WIDTH = 8;
/** Cells of a bar that stands for all requests of a row. */
const BAR_CELLS = 10;
const EIGHTHS = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];

/** The text of one event, "" when it has none; an empty line parts it from one of another kind. */
export function demoText(
  event: DemoEvent,
  before: DemoEvent["kind"] | undefined,
  style: TextStyle,
): string {
  const text = bareText(event, style);
  return text === "" || event.kind === before ? text : `\n${text}`;
}

function bareText(event: DemoEvent, style: TextStyle): string {
  switch (event.kind) {
    case "chapter":
      return `${paint("bold", event.text, style)}\n`;
    case "say":
      return indented(wrap(event.text, style.columns - INDENT), INDENT);
    case "quote":
      return quoteText(event.text, style);
    case "spread":
      return indented(spreadLines(event, style), INDENT);
    case "check":
      return checkText(event, style);
    case "doing":
    case "end":
      return "";
    default:
      return event satisfies never;
  }
}

/** The last line. */
export function summaryText(
  { held, all, tookMs }: { readonly held: number; readonly all: number; readonly tookMs: number },
  style: TextStyle,
): string {
  const text = `${held} of ${all} statements hold, measured in ${(tookMs / 1000).toFixed(0)} s.`;
  return `\n${paint(held === all ? "green" : "red", text, style)}\n`;
}

function checkText(
  { holds, text }: { readonly holds: boolean; readonly text: string },
  style: TextStyle,
): string {
  const mark = holds ? paint("green", "ok", style) : paint("red", "FAILED", style);
  const lines = wrap(text, style.columns - INDENT - MARK_WIDTH);
  const first = `${" ".repeat(INDENT)}${padded(mark, MARK_WIDTH)}${lines[0] ?? ""}\n`;
  return `${first}${indented(lines.slice(1), INDENT + MARK_WIDTH)}`;
}

function quoteText(text: string, style: TextStyle): string {
  const margin = `${" ".repeat(INDENT)}${paint("dim", "│", style)}`;
  const wrapped = text
    .trimEnd()
    .split("\n")
    .flatMap((line) => wrapQuoted(line, style.columns - INDENT - 2));
  return wrapped
    .map((line) => `${margin} ${line}`.trimEnd())
    .join("\n")
    .concat("\n");
}

function spreadLines(
  { pods, rows }: Extract<DemoEvent, { kind: "spread" }>,
  style: TextStyle,
): string[] {
  const cellWidth = 4 + 1 + BAR_CELLS + 1;
  const titles = pods.map(({ title }) => `  ${title}`.padEnd(cellWidth));
  const head = `${"kernel".padEnd(7)}${titles.join("")}${"median".padStart(8)}${"total".padStart(9)}`;
  const lines = rows.map((row) => {
    const cells = pods.map(({ name }) => cell(row, name, cellWidth, style));
    const median = `${row.medianMs.toFixed(1)} ms`.padStart(8);
    const took = `${(row.tookMs / 1000).toFixed(2)} s`.padStart(9);
    return `${row.scheduler.padEnd(7)}${cells.join("")}${median}${took}`;
  });
  return [paint("dim", head.trimEnd(), style), ...lines];
}

function cell({ pods }: SpreadRow, pod: string, width: number, style: TextStyle): string {
  const count = pods[pod] ?? 0;
  const all = Object.values(pods).reduce((sum, one) => sum + one, 0);
  const bar = all === 0 ? "" : barText(count / all);
  return padded(`${`${count}`.padStart(4)} ${paint("cyan", bar, style)}`, width);
}

/** A bar for a share of 0 to 1, exact to an eighth of a cell; what is not nothing can be seen. */
export function barText(share: number): string {
  const eighths = Math.round(share * BAR_CELLS * 8);
  const shown = share > 0 ? Math.max(1, eighths) : 0;
  return `${"█".repeat(Math.floor(shown / 8))}${EIGHTHS[shown % 8] ?? ""}`;
}

/** A longer line goes on with the margin it began with. */
function wrapQuoted(line: string, width: number): string[] {
  if (line.length <= width) return [line];
  const margin = " ".repeat(line.search(/\S/));
  return wrap(line.trimStart(), width - margin.length).map((part) => margin + part);
}

/** Lines of at most `width` characters, broken at blanks. */
function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === "" ? word : `${line} ${word}`;
  }
  return [...lines, line];
}

function indented(lines: readonly string[], by: number): string {
  return lines.map((line) => `${" ".repeat(by)}${line}\n`).join("");
}

/** Fills up to `width`; color codes take no room. */
function padded(text: string, width: number): string {
  return text + " ".repeat(Math.max(0, width - stripVTControlCharacters(text).length));
}

function paint(
  format: "bold" | "dim" | "green" | "red" | "cyan",
  text: string,
  { colors }: TextStyle,
): string {
  return colors && text !== "" ? styleText(format, text, { validateStream: false }) : text;
}
