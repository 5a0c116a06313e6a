/** The flags that `run` and `plan` share, and their way to a configuration. */
import { type Command, Option } from "commander";
import { CONFIG_DEFAULTS, type Config } from "../config/config.ts";
import { ConfigError } from "../config/config-error.ts";
import { type ConfigFlags, REFUSED_FLAGS } from "../config/given-settings.ts";
import { IGNORED_FLAGS } from "../config/ignored-settings.ts";
import { loadConfig } from "../config/load-config.ts";
import type { PlanOptions } from "../plan/service.ts";
import type { CliContext } from "./context.ts";
import { RUN_FLAG_GROUPS } from "./run-flag-groups.ts";

/** Adds them. Defaults are not commander's: a flag that was not given must not beat the file. */
export function addRunFlags(command: Command): Command {
  for (const { heading, flags } of RUN_FLAG_GROUPS) {
    for (const [flag, description] of flags) {
      command.addOption(runOption(flag, description).helpGroup(heading));
    }
  }
  for (const { flag, isSwitch } of [...IGNORED_FLAGS, ...REFUSED_FLAGS]) {
    command.addOption(runOption(`${flag} ${isSwitch ? "[bool]" : "<value>"}`, "").hideHelp());
  }
  return command.addHelpText("after", KUBE_PROXY_TEXT);
}

/** As kube-proxy's flags: lists may be given in parts, of others the last one counts. */
function runOption(flag: string, description: string): Option {
  const option = new Option(flag, description);
  const isList = flag.endsWith("<list>");
  return option.argParser((value: string, before: string | undefined) => {
    const text = value.replace(/^=/, ""); // `-v=2` reaches us as `=2`.
    return isList && before !== undefined ? `${before},${text}` : text;
  });
}

const KUBE_PROXY_TEXT = `
In place of kube-proxy:
  Its file (KubeProxyConfiguration) and its flags are taken as they are, with its defaults; only
  --ipvs-min-sync-period is ${CONFIG_DEFAULTS.minSyncPeriod} here. Unlike there, a flag beats the file. What means nothing here
  (--config-sync-period, --feature-gates, --kube-api-qps, ...) is accepted, and named once at start.
`;

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
export function planOptionsOf(config: Config): PlanOptions {
  const { scheduler, drainTimeoutMs, externalRanges } = config;
  return { defaultScheduler: scheduler, drainTimeoutMs, externalRanges };
}
