/** Tables of Markdown, and where they go. Pure. */

const BEGIN = "<!-- measured: begin -->";
const END = "<!-- measured: end -->";

/** The table with its title row. */
export function tableMarkdown(
  title: readonly string[],
  rows: readonly (readonly string[])[],
): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |\n`;
  return [line(title), line(title.map(() => "---")), ...rows.map(line)].join("");
}

/** `page` with the text between its marks replaced. Throws when it has no marks. */
export function withMeasured(page: string, text: string): string {
  const begin = page.indexOf(BEGIN);
  const end = page.indexOf(END);
  if (begin < 0 || end < begin) throw new Error(`the page has no ${BEGIN} and ${END}`);
  return `${page.slice(0, begin + BEGIN.length)}\n${text}\n${page.slice(end)}`;
}
