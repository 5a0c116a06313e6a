/** `kube-ipvs status`: what the kernel holds, by Service, with what the agent knows of it. */
import type { Command } from "commander";
import type { AgentStatus } from "../agent/status.ts";
import { didYouMean } from "../base/nearest-word.ts";
import { CONFIG_DEFAULTS } from "../config/config.ts";
import { destinationId, serviceId } from "../model/virtual-service.ts";
import { askStatus } from "../observe/status-socket.ts";
import { renderTable } from "../plan/render.ts";
import type { CliContext } from "./context.ts";
import { outputOption } from "./output-option.ts";
import { StatusError } from "./status-error.ts";
import { statusText } from "./status-text.ts";
import { type KernelReading, type StatusView, statusView } from "./status-view.ts";

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
    .addOption(outputOption("ipvsadm"))
    .option("--status-socket <path>", "socket of the running agent", CONFIG_DEFAULTS.statusSocket)
    .addHelpText(
      "after",
      `
Without a running agent it shows the kernel's table alone; one Service cannot be shown then.

Examples:
  kube-ipvs status
  kube-ipvs status shop/web-lc
  kube-ipvs status -o ipvsadm > table      # ipvsadm --restore reads it
  kube-ipvs status -o json | jq '.virtualServices[] | {service, scheduler}'
`,
    )
    .action(async (service: string | undefined, flags: StatusFlags) => {
      if (service !== undefined) checkName(service);
      // The agent of the same package answers: its shape is ours.
      const agent = (await askStatus(flags.statusSocket)) as AgentStatus | undefined;
      if (service !== undefined) checkService(service, agent, flags.statusSocket);
      const reading = await readKernel(context);
      context.write(statusOutput(flags.output, reading, statusView(reading, agent, service)));
    });
}

function statusOutput(format: string, reading: KernelReading, view: StatusView): string {
  if (format === "json") return `${JSON.stringify(view, null, 2)}\n`;
  if (format === "text") return statusText(view);
  const shown = new Set(view.virtualServices.map(({ id }) => id));
  const entries = reading.services.map((service, index) => ({
    service,
    destinations: new Map(
      (reading.destinations[index] ?? []).map((one) => [destinationId(one), one]),
    ),
  }));
  return renderTable(entries.filter(({ service }) => shown.has(serviceId(service.key))));
}

async function readKernel(context: CliContext): Promise<KernelReading> {
  const kernel = await context.openTable();
  try {
    const services = await kernel.ipvs.services();
    return {
      services,
      destinations: await kernel.ipvs.destinations(services.map(({ key }) => key)),
      addresses: new Set(await kernel.link.addresses()),
    };
  } finally {
    kernel.close();
  }
}

const SERVICE_NAME = /^[^/\s]+\/[^/\s]+$/;

function checkName(service: string): void {
  if (SERVICE_NAME.test(service)) return;
  const found = JSON.stringify(service);
  throw new StatusError("BAD_NAME", `expected namespace/name, such as shop/web, found ${found}`);
}

/** Throws {@link StatusError} where nobody knows what belongs to `service`. */
function checkService(service: string, agent: AgentStatus | undefined, socket: string): void {
  if (!agent) {
    throw new StatusError(
      "NO_AGENT",
      `no agent answers at ${socket}, and only the agent knows what belongs to ${service}. ` +
        "Start it with `kube-ipvs run`, name its socket with --status-socket PATH, " +
        "or see the whole table with `kube-ipvs status`.",
    );
  }
  const names = agent.services.map(({ name }) => name);
  if (names.includes(service)) return;
  const hint = didYouMean(service, names);
  const message = `the agent knows no Service ${service}${hint}. It knows ${names.length} Services.`;
  throw new StatusError("NO_SUCH_SERVICE", message);
}
