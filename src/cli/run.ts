/** `kube-ipvs run`: the agent, from its flags to its end. */
import { release } from "node:os";
import type { Command } from "commander";
import type { Logger } from "pino";
import { Agent } from "../agent/agent.ts";
import { compactHeap } from "../base/small-heap.ts";
import type { Config } from "../config/config.ts";
import { ConfigError } from "../config/config-error.ts";
import type { ConfigFlags } from "../config/given-settings.ts";
import { sourceProblemText } from "../kube/change.ts";
import { ManifestSource } from "../kube/manifest-source.ts";
import { createLog } from "../observe/log.ts";
import { serveStatus } from "../observe/status-socket.ts";
import type { CliContext, OpenKernel } from "./context.ts";
import { addRunFlags, loadRunConfig, planOptionsOf } from "./run-flags.ts";
import { VERSION } from "./version.ts";

/** Adds the command. */
export function addRun(program: Command, context: CliContext): void {
  const command = program
    .command("run")
    .description("keep the kernel's virtual services equal to the Services of the cluster")
    .addHelpText(
      "after",
      `
It works until SIGTERM or SIGINT, and leaves the data plane as it is when it ends.

Examples:
  kube-ipvs run --config /var/lib/kube-proxy/config.conf
  kube-ipvs run --kubeconfig /etc/kube-ipvs/kubeconfig.yaml --cluster-cidr 10.244.0.0/16
  kube-ipvs run --manifests ./deploy/samples --node-name demo-node --scheduler lc
`,
    );
  addRunFlags(command).action(async (flags: ConfigFlags) => {
    await run(await loadRunConfig(flags, context), context);
  });
}

async function run(config: Config, context: CliContext): Promise<void> {
  const { clock, signal, logStream } = context;
  const log = createLog({ level: config.logLevel, format: config.logFormat, stream: logStream });
  const kernel = await context.openKernel();
  try {
    await prepare(kernel, config, { log, context });
    if (config.source.kind === "api") {
      const message = "the API server is no source yet: give --manifests DIR";
      throw new ConfigError([{ where: "--manifests", message }]);
    }
    const source = new ManifestSource(config.source.folder, {
      clock,
      onProblem: (problem) => log.warn(sourceProblemText(problem)),
      onSolved: (problem) => log.info(`mended: ${sourceProblemText(problem)}`),
    });
    const agent = new Agent({
      nodeName: config.nodeName,
      source,
      kernel,
      clock,
      log,
      planOptions: planOptionsOf(config),
      minSyncPeriodMs: config.minSyncPeriodMs,
      auditPeriodMs: config.auditPeriodMs,
      onFirstSync: compactHeap,
    });
    const status = await serveStatus(config.statusSocket, () => agent.status());
    try {
      await agent.run(signal);
    } finally {
      await status.close();
    }
    log.info("stopped; the virtual services and addresses stay as they are");
  } finally {
    kernel.close();
  }
}

/** Says what was found, and sets what the kernel needs. */
async function prepare(
  kernel: OpenKernel,
  config: Config,
  { log, context }: { readonly log: Logger; readonly context: CliContext },
): Promise<void> {
  const info = await kernel.ipvs.info();
  const timeouts = await kernel.ipvs.timeouts();
  log.info(
    {
      version: VERSION,
      node: config.nodeName,
      kernel: release(),
      ipvs: info.version,
      connectionTableSize: info.connectionTableSize,
      timeouts,
      source: config.source,
      scheduler: config.scheduler.scheduler,
      drainTimeoutMs: config.drainTimeoutMs,
    },
    "kube-ipvs starts",
  );
  for (const { name, wanted, found, outcome, error } of await context.setSysctls()) {
    if (outcome === "written") log.info({ sysctl: name, found, now: wanted }, "sysctl set");
    if (outcome === "failed") log.warn({ sysctl: name, found, wanted }, error);
  }
}
