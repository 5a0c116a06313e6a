/** `-o FORMAT`, the same for every command that prints. */
import { Option } from "commander";

/** A new option with `text`, `json` and `more` formats; its value is under `output`. */
export function outputOption(...more: readonly string[]): Option {
  return new Option("-o, --output <format>", "text for people, json for programs")
    .choices(["text", "json", ...more])
    .default("text");
}
