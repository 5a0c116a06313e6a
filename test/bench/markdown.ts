/** Tables of Markdown, and where they go. Pure. */

/** The table with its title row. */
export function tableMarkdown(
  title: readonly string[],
  rows: readonly (readonly string[])[],
): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |\n`;
  return [line(title), line(title.map(() => "---")), ...rows.map(line)].join("");
}

/** `page` with the text between its marks of that name replaced. Throws when it has no such marks. */
export function withMeasured(page: string, text: string, name = "measured"): string {
  const [first, last] = [`<!-- ${name}: begin -->`, `<!-- ${name}: end -->`];
  const begin = page.indexOf(first);
  const end = page.indexOf(last);
  if (begin < 0 || end < begin) throw new Error(`the page has no ${first} and ${last}`);
  return `${page.slice(0, begin + first.length)}\n${text}\n${page.slice(end)}`;
}
