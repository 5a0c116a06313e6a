/** The logger: sentences for people on a terminal, JSON lines everywhere else. */
import { type Logger, pino } from "pino";
import pretty from "pino-pretty";

/** How a log looks. */
export interface LogOptions {
  readonly level: string;
  /** `auto`: pretty when `stream` is a terminal. */
  readonly format: "auto" | "pretty" | "json";
  readonly stream: { readonly fd: number; readonly isTTY?: boolean };
}

/** Makes the one logger of a process; its stream is written synchronously, so nothing is lost at an exit. */
export function createLog({ level, format, stream }: LogOptions): Logger {
  const isPretty = format === "pretty" || (format === "auto" && stream.isTTY === true);
  const options = {
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    // What collects logs knows the words of levels, and not pino's numbers.
    formatters: { level: (label: string) => ({ level: label }) },
  };
  if (!isPretty) return pino(options, pino.destination({ fd: stream.fd, sync: true }));
  return pino(
    options,
    pretty({
      colorize: stream.isTTY === true,
      destination: stream.fd,
      sync: true,
      translateTime: "SYS:HH:MM:ss.l",
      singleLine: true,
    }),
  );
}
