/** `kube-ipvs version`: what this build is, and what it runs on. */
import { release } from "node:os";
import type { Command } from "commander";
import manifest from "../../package.json" with { type: "json" };
import type { CliContext } from "./context.ts";
import { outputOption } from "./output-option.ts";

/** The version of this build. */
export const VERSION: string = manifest.version;

/** Adds the command. */
export function addVersion(program: Command, { write }: CliContext): void {
  program
    .command("version")
    .description("print the version of kube-ipvs, Node and the kernel")
    .addOption(outputOption())
    .addHelpText("after", "\nExample:\n  kube-ipvs version -o json\n")
    .action(({ output }: { output: string }) => {
      const facts = { version: VERSION, node: process.version, kernel: release() };
      if (output === "json") write(`${JSON.stringify(facts, null, 2)}\n`);
      else write(`kube-ipvs ${facts.version} (Node ${facts.node}, kernel ${facts.kernel})\n`);
    });
}
