/** `kube-ipvs status`: what the kernel holds, by Service, with what the agent knows of it. */
import type { Command } from "commander";
import type { AgentStatus } from "../agent/status.ts";
import { CONFIG_DEFAULTS } from "../config/config.ts";
import { askStatus } from "../observe/status-socket.ts";
import type { CliContext } from "./context.ts";
import { outputOption } from "./output-option.ts";
import { statusText } from "./status-text.ts";
import { type StatusView, statusView } from "./status-view.ts";

interface StatusFlags {
  readonly output: string;
  readonly statusSocket: string;
}

/** Adds the command. */
export function addStatus(program: Command, context: CliContext): void {
  program
    .command("status")
    .description(
      "print what the kernel holds, by Service: schedulers, weights, connections, drains",
    )
    .argument("[service]", "only this Service, as namespace/name")
    .addOption(outputOption())
    .option("--status-socket <path>", "socket of the running agent", CONFIG_DEFAULTS.statusSocket)
    .addHelpText(
      "after",
      `
Without a running agent it shows the kernel's table alone.

Examples:
  kube-ipvs status
  kube-ipvs status shop/web-lc
  kube-ipvs status -o json | jq '.virtualServices[] | {service, scheduler}'
`,
    )
    .action(async (service: string | undefined, flags: StatusFlags) => {
      const view = await readStatus(service, flags, context);
      context.write(
        flags.output === "json" ? `${JSON.stringify(view, null, 2)}\n` : statusText(view),
      );
    });
}

async function readStatus(
  service: string | undefined,
  { statusSocket }: StatusFlags,
  context: CliContext,
): Promise<StatusView> {
  // The agent of the same package answers: its shape is ours.
  const agent = (await askStatus(statusSocket)) as AgentStatus | undefined;
  const kernel = await context.openKernel();
  try {
    const services = await kernel.ipvs.services();
    const reading = {
      services,
      destinations: await kernel.ipvs.destinations(services.map(({ key }) => key)),
      addresses: new Set(await kernel.link.addresses()),
    };
    return statusView(reading, agent, service);
  } finally {
    kernel.close();
  }
}
