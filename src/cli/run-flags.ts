/** The flags that `run` and `plan` share, and their way to a configuration. */
import type { Command } from "commander";
import { CONFIG_DEFAULTS, type Config } from "../config/config.ts";
import { ConfigError } from "../config/config-error.ts";
import { type ConfigFlags, loadConfig } from "../config/load-config.ts";
import { SCHEDULER_NAMES } from "../model/scheduler.ts";
import type { PlanOptions } from "../plan/service.ts";
import type { CliContext } from "./context.ts";

/** Adds them. Defaults are not commander's: a flag that was not given must not beat the file. */
export function addRunFlags(command: Command): Command {
  const { scheduler, drainTimeout, logLevel, logFormat, statusSocket } = CONFIG_DEFAULTS;
  return command
    .option("--manifests <dir>", "folder of Service, EndpointSlice and Node objects (YAML or JSON)")
    .option("--node-name <name>", "name of this node (default: NODE_NAME, else the host name)")
    .option("--config <file>", "KubeIpvsConfiguration file; flags beat it")
    .option(
      "--scheduler <name>",
      `for Services without an annotation (default: ${scheduler}): ${SCHEDULER_NAMES.join(", ")}`,
    )
    .option("--scheduler-flags <list>", "its flags: sh-port, sh-fallback, mh-port, mh-fallback")
    .option(
      "--drain-timeout <duration>",
      `how long a removed endpoint keeps its connections (default: ${drainTimeout})`,
    )
    .option("--log-level <level>", `trace, debug, info, warn, error (default: ${logLevel})`)
    .option("--log-format <format>", `auto, pretty or json (default: ${logFormat})`)
    .option("--status-socket <path>", `where \`status\` asks (default: ${statusSocket})`);
}

/** The configuration. Rejects with {@link ConfigError}, which has every mistake of flags and file. */
export async function loadRunConfig(flags: ConfigFlags, context: CliContext): Promise<Config> {
  const { surroundings, flagProblems } = context;
  try {
    const config = await loadConfig(flags, surroundings);
    if (flagProblems.length > 0) throw new ConfigError(flagProblems);
    return config;
  } catch (error) {
    if (!(error instanceof ConfigError) || error.problems === flagProblems) throw error;
    throw new ConfigError([...flagProblems, ...error.problems]);
  }
}

/** What planning takes from the configuration. */
export function planOptionsOf({ scheduler, drainTimeoutMs }: Config): PlanOptions {
  return { defaultScheduler: scheduler, drainTimeoutMs };
}
