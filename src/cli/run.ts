/** `kube-ipvs run`: the agent, from its flags to its end. */
import { release } from "node:os";
import type { Command } from "commander";
import type { Logger } from "pino";
import type { Config } from "../config/config.ts";
import type { ConfigFlags } from "../config/given-settings.ts";
import { createLog } from "../observe/log.ts";
import type { CliContext, OpenKernel } from "./context.ts";
import { runAgent } from "./run-agent.ts";
import { addRunFlags, loadRunConfig } from "./run-flags.ts";
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
  const { logLevel: level, logFormat: format } = config;
  const log = createLog({ level, format, stream: context.logStream });
  const kernel = await context.openKernel();
  try {
    await prepare(kernel, config, { log, context });
    const { tcpS, tcpFinS, udpS } = config.ipvsTimeouts;
    if (tcpS + tcpFinS + udpS > 0) await kernel.ipvs.setTimeouts(config.ipvsTimeouts);
    if (config.initOnly) {
      log.info("--init-only: the kernel is set up; this is the end");
      return;
    }
    await runAgent(config, { kernel, log, context });
    log.info("stopped; the virtual services and addresses stay as they are");
  } finally {
    kernel.close();
  }
}

/** Says what was found and what is ignored, and sets what the kernel needs. */
async function prepare(
  kernel: OpenKernel,
  config: Config,
  { log, context }: { readonly log: Logger; readonly context: CliContext },
): Promise<void> {
  const info = await kernel.ipvs.info();
  log.info(
    {
      version: VERSION,
      node: config.nodeName,
      kernel: release(),
      ipvs: info.version,
      connectionTableSize: info.connectionTableSize,
      timeouts: await kernel.ipvs.timeouts(),
      source: config.source,
      scheduler: config.scheduler.scheduler,
      drainTimeoutMs: config.drainTimeoutMs,
      detectLocal: config.detectLocal,
    },
    "kube-ipvs starts",
  );
  if (config.ignored.length > 0) {
    log.warn({ ignored: config.ignored }, "these settings have no effect here");
  }
  if (config.detectLocal.mode === "none") {
    log.warn(
      "the range of the pods is not known (--cluster-cidr, or another --detect-local-mode): where " +
        "externalTrafficPolicy is Local, pods are served as the outside is, by this node's endpoints alone",
    );
  }
  for (const { name, wanted, found, outcome, error } of await context.prepareHost(config)) {
    if (outcome === "written") log.info({ sysctl: name, found, now: wanted }, "sysctl set");
    if (outcome === "failed") log.warn({ sysctl: name, found, wanted }, error);
  }
}
