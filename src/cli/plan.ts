/** `kube-ipvs plan`: what `run` would change now. Changes nothing. */
import type { Command } from "commander";
import { dryRun } from "../agent/dry-run.ts";
import type { Config } from "../config/config.ts";
import type { ConfigFlags } from "../config/given-settings.ts";
import { ApiClient } from "../kube/api/api-client.ts";
import { readKubeConfig } from "../kube/api/kubeconfig.ts";
import { readApi } from "../kube/api/read-api.ts";
import type { Snapshot, SourceProblem } from "../kube/change.ts";
import { readManifests } from "../kube/read-manifests.ts";
import { flatten } from "../plan/diff.ts";
import type { CliContext } from "./context.ts";
import { EXIT_CODES } from "./exit-codes.ts";
import { filterSettingsOf } from "./filter-settings.ts";
import { outputOption } from "./output-option.ts";
import { planText } from "./plan-text.ts";
import { addRunFlags, loadRunConfig, planOptionsOf } from "./run-flags.ts";

/** Adds the command. */
export function addPlan(program: Command, context: CliContext): void {
  const command = program
    .command("plan")
    .description("print what `run` would change in the kernel now, and change nothing")
    .addOption(outputOption())
    .option("--exit-code", `exit with ${EXIT_CODES.differs.code} when something would change`)
    .addHelpText(
      "after",
      `
Examples:
  kube-ipvs plan --kubeconfig /etc/kube-ipvs/kubeconfig.yaml --cluster-cidr 10.244.0.0/16
  kube-ipvs plan --manifests ./deploy/samples --node-name demo-node
  kube-ipvs plan --manifests ./deploy/samples --node-name demo-node -o json | jq '.operations | length'
`,
    );
  addRunFlags(command).action(async (flags: PlanFlags) => {
    await plan(flags, context);
  });
}

interface PlanFlags extends ConfigFlags {
  readonly output: string;
  readonly exitCode?: boolean;
}

async function plan(flags: PlanFlags, context: CliContext): Promise<void> {
  const { output, exitCode } = flags;
  const config = await loadRunConfig(flags, context);
  const { picture, problems } = await readSource(config, context);
  const kernel = await context.openKernel();
  try {
    const result = await dryRun({
      nodeName: config.nodeName,
      picture,
      kernel,
      clock: context.clock,
      planOptions: planOptionsOf(config),
      nodePortAddresses: config.nodePortAddresses,
      bindAddress: config.bindAddress,
      excludeRanges: config.excludeRanges,
      filterSettings: (podRanges) => filterSettingsOf(config, podRanges),
    });
    const operations = flatten(result.changes);
    if (output === "json") context.write(planJson(result, problems));
    else context.write(planText(result, problems));
    if (exitCode && operations.length > 0) context.exitWith(EXIT_CODES.differs.code);
  } finally {
    kernel.close();
  }
}

async function readSource(
  { source, nodeName }: Config,
  { clock, signal }: CliContext,
): Promise<Snapshot> {
  if (source.kind === "manifests") return await readManifests(source.folder);
  // Who waits for an answer is told at once.
  readKubeConfig(source);
  const client = new ApiClient(source, clock);
  try {
    return await readApi({ client, clock, nodeName, signal });
  } finally {
    client.close();
  }
}

function planJson(
  { changes, found, services, findings, partial }: Awaited<ReturnType<typeof dryRun>>,
  problems: readonly SourceProblem[],
): string {
  const operations = flatten(changes);
  return `${JSON.stringify({ services, partial, found, operations, findings, problems }, null, 2)}\n`;
}
