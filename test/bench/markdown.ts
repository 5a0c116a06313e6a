/** Tables of Markdown. Pure. */

/** The table with its title row. */
export function tableMarkdown(
  title: readonly string[],
  rows: readonly (readonly string[])[],
): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |\n`;
  return [line(title), line(title.map(() => "---")), ...rows.map(line)].join("");
}
