/** `-o text|json`, the same for every command that prints. */
import { Option } from "commander";

/** A new option; its value is under `output`. */
export function outputOption(): Option {
  return new Option("-o, --output <format>", "text for people, json for programs")
    .choices(["text", "json"])
    .default("text");
}
