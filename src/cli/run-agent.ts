/** Puts the parts of a running agent together, and takes them apart in the right order. */
import { release } from "node:os";
import type { Logger } from "pino";
import { Agent } from "../agent/agent.ts";
import type { Config } from "../config/config.ts";
import type { Family } from "../model/address.ts";
import { Observing } from "../observe/observing.ts";
import { serveStatus } from "../observe/status-socket.ts";
import type { CliContext, OpenKernel } from "./context.ts";
import { filterSettingsOf } from "./filter-settings.ts";
import { type OpenSource, openSource } from "./open-source.ts";
import { releaseOnceQuiet } from "./release-once-quiet.ts";
import { planOptionsOf } from "./run-flags.ts";
import { takeOverOnce } from "./take-over-once.ts";
import { VERSION } from "./version.ts";

/** Those that a node may serve. */
const FAMILIES: readonly Family[] = ["ipv4", "ipv6"];

/** A change that waits for longer than so many audits is late. */
const LATE_AUDITS = 2;

/** What a running agent is given. */
interface Given {
  readonly kernel: OpenKernel;
  readonly log: Logger;
  readonly context: CliContext;
}

/** Runs until the context's signal. Rejects when something it needs at start cannot be had. */
export async function runAgent(config: Config, given: Given): Promise<void> {
  const { log, context } = given;
  const { clock, signal } = context;
  const source = openSource(config, { clock, log });
  const observing = createObserving(config, source, given);
  const background = new AbortController();
  let takingOver: Promise<void> | undefined;
  const onVerified = (): void => {
    takingOver = takeOverOnce({
      openTakeOver: context.openTakeOver,
      inherit: (isTheirs, until) => agent.inherit(isTheirs, until),
      onLeftovers: (count) => observing.observer.leftovers(count),
      clock,
      log,
      signal: background.signal,
    });
  };
  const onPass = releaseOnceQuiet({ ...context, signal: background.signal });
  const agent = createAgent(config, { ...given, source, observing, onPass, onVerified });
  const status = await serveStatus(config.statusSocket, () => agent.status());
  const told = Promise.all([
    observing.run(background.signal),
    source.recordEvents(background.signal),
  ]);
  try {
    await observing.serve({
      metrics: config.metrics,
      healthz: config.healthz,
      hardFail: config.bindAddressHardFail,
      counts: () => agent.counts(),
      config,
    });
    await agent.run(signal);
  } finally {
    background.abort();
    await Promise.all([takingOver, told, observing.close(), status.close()]);
  }
}

function createObserving(
  config: Config,
  source: OpenSource,
  { log, context: { clock } }: Given,
): Observing {
  return new Observing({
    nodeName: config.nodeName,
    families: FAMILIES,
    lateMs: LATE_AUDITS * config.auditPeriodMs,
    eligibleWithoutNode: config.source.kind === "manifests",
    build: { version: VERSION, node: process.version, kernel: release() },
    clock,
    log,
    recorder: source.recorder,
  });
}

function createAgent(
  config: Config,
  given: Given & {
    readonly source: OpenSource;
    readonly observing: Observing;
    readonly onPass: () => void;
    readonly onVerified: () => void;
  },
): Agent {
  const { kernel, log, context, source, observing, onPass, onVerified } = given;
  return new Agent({
    nodeName: config.nodeName,
    source: source.source,
    kernel,
    clock: context.clock,
    log,
    planOptions: planOptionsOf(config),
    nodePortAddresses: config.nodePortAddresses,
    bindAddress: config.bindAddress,
    excludeRanges: config.excludeRanges,
    filterSettings: (podRanges) => filterSettingsOf(config, podRanges),
    observer: observing.observer,
    healthChecks: observing.healthCheckPorts,
    onNodeAddresses: (addresses) => {
      const isAll = config.nodePortAddresses.kind === "all";
      observing.healthCheckPorts.listenOn(isAll ? undefined : addresses);
    },
    minSyncPeriodMs: config.minSyncPeriodMs,
    auditPeriodMs: config.auditPeriodMs,
    onPass,
    onVerified,
  });
}
