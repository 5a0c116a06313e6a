/** Rows as groups of a chart of bars: by their full names, and without what is no time or size. Pure. */
import type { NodeRow } from "./node-row.ts";

/** What begins with this belongs to the row before that does not. */
const PART = "  ";

/** A row with its full name: that of the row that it is a part of comes first. */
export interface NamedRow extends NodeRow {
  readonly name: string;
}

/** The rows with a unit, which is what a count has not. */
export function barRows(rows: readonly NodeRow[]): NamedRow[] {
  let whole = "";
  return rows.flatMap((row) => {
    const isPart = row.what.startsWith(PART);
    if (!isPart) whole = row.what.replace(/, median$/, "");
    const name = isPart ? `${whole}: ${row.what.trim()}` : row.what;
    return row.unit === "" || row.unit === "/s" ? [] : [{ ...row, name }];
  });
}
