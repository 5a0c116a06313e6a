/** A real pino logger whose lines a test reads. */
import { type Logger, pino } from "pino";

/** One line, with the fields it was written with. */
export interface LogLine {
  readonly level: number;
  readonly msg: string;
  readonly [field: string]: unknown;
}

/** The levels as pino numbers them. */
export const LEVEL = { debug: 20, info: 30, warn: 40, error: 50 } as const;

/** A logger of every level and the lines it wrote so far. */
export function capturedLog(): { readonly log: Logger; readonly lines: LogLine[] } {
  const lines: LogLine[] = [];
  const write = (line: string): void => {
    lines.push(JSON.parse(line));
  };
  return { log: pino({ level: "trace", base: null }, { write }), lines };
}
