/**
 * What client-node's own runner of exec plugins leaves out: an end for a plugin that hangs, and memory for a
 * credential that says nothing of its end. Both are kept in fields of it that have no name outside; without
 * them nothing happens here, and the tests of exec plugins fail.
 */
import type { KubeConfig } from "@kubernetes/client-node";

/** Later than any credential of this process is needed. */
const NEVER = "9999-12-31T23:59:59Z";

/** The runner, one of the authenticators of a `KubeConfig`. */
interface Runner {
  execFn: (command: string, args: readonly string[], options: object) => unknown;
  readonly tokenCache: Record<string, Credential | null | undefined>;
}

interface Credential {
  readonly status?: { expirationTimestamp?: string };
}

/** The next run of the plugin is ended when `signal` is aborted. */
export function endPluginBy(config: KubeConfig, signal: AbortSignal): void {
  const runner = runnerOf(config);
  if (!runner) return;
  const run = PLAIN_RUNS.get(runner) ?? runner.execFn;
  PLAIN_RUNS.set(runner, run);
  runner.execFn = (command, args, options) =>
    run(command, args, { ...options, signal, killSignal: "SIGKILL" });
}

/** Without the limit of the last run. */
const PLAIN_RUNS = new WeakMap<Runner, Runner["execFn"]>();

/** A credential that says nothing of its end is good until the server refuses it. */
export function keepEndless(config: KubeConfig): void {
  const credential = runnerOf(config)?.tokenCache[config.getCurrentUser()?.name ?? ""];
  if (credential?.status) credential.status.expirationTimestamp ||= NEVER;
}

function runnerOf(config: KubeConfig): Runner | undefined {
  const { authenticators = [] } = config as unknown as { authenticators?: readonly object[] };
  return authenticators.find((one): one is Runner => "execFn" in one && "tokenCache" in one);
}
