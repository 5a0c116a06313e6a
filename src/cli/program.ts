/** The command line: which commands there are, and what becomes of their errors. */
import { Command, CommanderError } from "commander";
import { checkFlags, type KnownFlag, withDashes } from "../config/check-flags.ts";
import { ConfigError, type ConfigProblem } from "../config/config-error.ts";
import type { CliContext } from "./context.ts";
import { EXIT_CODES, exitCodeOf, exitCodesText } from "./exit-codes.ts";
import { addPlan } from "./plan.ts";
import { addRun } from "./run.ts";
import { addStatus } from "./status.ts";
import { addVersion } from "./version.ts";

/** Runs the command that `argv` (without node and script) asks for; resolves to the exit code. */
export async function runProgram(
  argv: readonly string[],
  outside: Omit<CliContext, "flagProblems" | "exitWith">,
): Promise<number> {
  let code: number = EXIT_CODES.ok.code;
  const flagProblems: ConfigProblem[] = [];
  const context: CliContext = {
    ...outside,
    flagProblems,
    exitWith: (asked) => {
      code = asked;
    },
  };
  const program = createProgram(context);
  try {
    const known = withoutUnknownFlags(program, withDashes(argv), flagProblems);
    await program.parseAsync([...known], { from: "user" });
    return code;
  } catch (error) {
    return explain(error, context);
  }
}

function createProgram(context: CliContext): Command {
  const program = new Command("kube-ipvs")
    .description("Kubernetes Services as IPVS virtual services, with a scheduler for each Service")
    .exitOverride()
    .configureOutput({ writeOut: context.write, writeErr: context.warn })
    .showSuggestionAfterError()
    .addHelpText("after", exitCodesText());
  addRun(program, context);
  addPlan(program, context);
  addStatus(program, context);
  addVersion(program, context);
  for (const command of program.commands) {
    command.exitOverride().configureOutput({ writeOut: context.write, writeErr: context.warn });
  }
  return program;
}

/**
 * Takes flags that the command does not have out of `argv` and into `problems`: commander would stop
 * at the first, and the user would learn of one mistake at a time.
 */
function withoutUnknownFlags(
  program: Command,
  argv: readonly string[],
  problems: ConfigProblem[],
): readonly string[] {
  const [name, ...words] = argv;
  const command = program.commands.find((one) => one.name() === name);
  if (!command) return argv;
  const found = checkFlags(words, knownFlags(command));
  if (found.length === 0) return argv;
  problems.push(...found);
  if (!READS_CONFIG.has(command.name())) throw new ConfigError(problems);
  command.allowExcessArguments();
  const wrong = new Set(found.map(({ where }) => where));
  return [command.name(), ...words.filter((word) => !wrong.has(word.replace(/=.*$/s, "")))];
}

/** Commands that go on to look for mistakes in the configuration. */
const READS_CONFIG: ReadonlySet<string> = new Set(["run", "plan"]);

function knownFlags(command: Command): KnownFlag[] {
  const help = ["-h", "--help"].map((flag) => ({ flag, value: "none" as const }));
  const own = command.options.flatMap(({ short, long, required, optional }) =>
    [short, long]
      .filter((flag): flag is string => typeof flag === "string")
      .map((flag): KnownFlag => {
        if (required) return { flag, value: "needed" };
        return { flag, value: optional ? "optional" : "none" };
      }),
  );
  return [...own, ...help];
}

/** Says what went wrong, in the words of the error, and gives its exit code. */
function explain(error: unknown, { warn }: CliContext): number {
  if (error instanceof CommanderError) {
    // Commander has said it already; help and the like end with 0.
    return error.exitCode === 0 ? EXIT_CODES.ok.code : EXIT_CODES.usage.code;
  }
  if (error instanceof ConfigError) {
    warn(`kube-ipvs: ${error.problems.length} to mend:\n`);
    for (const { where, message } of error.problems) warn(`  ${where}: ${message}\n`);
    return exitCodeOf(error);
  }
  warn(`kube-ipvs: ${error instanceof Error ? error.message : String(error)}\n`);
  const code = exitCodeOf(error);
  // An error without a code of its own is a defect of ours: its stack is worth more than its looks.
  const isKnown = error instanceof Error && "code" in error;
  if (!isKnown && error instanceof Error && error.stack) warn(`${error.stack}\n`);
  return code;
}
