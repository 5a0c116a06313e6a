/** What all virtual services of one port have in common: scheduler, affinity, drain. Pure. */
import type { Address, Family } from "../model/address.ts";
import type { EndpointSlice, ServicePort } from "../model/cluster.ts";
import type { SchedulerChoice } from "../model/scheduler.ts";
import type { Persistence, ServiceSettings } from "../model/virtual-service.ts";
import { DRAIN_ANNOTATION } from "./annotations.ts";
import type { Frontends } from "./frontends.ts";
import type { PlanDraft } from "./plan-draft.ts";
import { noDrain } from "./port-findings.ts";
import { canDrain, chooseScheduler, usualChoice } from "./scheduler-choice.ts";
import type { PlanInput } from "./service.ts";
import type { SourceRanges } from "./source-ranges.ts";

/** What the port's plan is made of. */
export interface PortContext {
  readonly input: PlanInput;
  readonly slices: readonly EndpointSlice[];
  readonly drainTimeoutMs: number;
  readonly frontends: Frontends;
  readonly family: Family;
  readonly clusterAddress: Address;
  readonly persistence: Persistence | undefined;
  readonly sources: SourceRanges | undefined;
  readonly port: ServicePort;
}

/** The same object for all frontends of a port. */
export interface PortSettings {
  readonly settings: ServiceSettings;
  /** How long a removed destination may keep its connections; 0 removes it at once. */
  readonly drainTimeoutMs: number;
}

/** Settles a port; what is wrong is noted in `draft`. */
export function portSettings(draft: PlanDraft, context: PortContext): PortSettings {
  const choice = schedulerOf(draft, context);
  const { scheduler, schedulerFlags } = choice;
  const { persistence } = context;
  return {
    settings: { scheduler, schedulerFlags, onePacket: false, persistence },
    drainTimeoutMs: drainOf(draft, context, choice),
  };
}

/**
 * The settings of the virtual service that a firewall mark names. IPVS's persistence leads a client of a
 * mark to the port that it asked for, which is not the endpoint's: there the scheduler keeps clients at
 * their endpoints, by their address.
 */
export function markSettings(settings: ServiceSettings): ServiceSettings {
  if (settings.persistence === undefined) return settings;
  return { ...settings, ...usualChoice("sh"), persistence: undefined };
}

/** A value that is no good leaves what the cluster address had: all frontends follow it. */
function schedulerOf(draft: PlanDraft, context: PortContext): SchedulerChoice {
  const { input, clusterAddress: address, port } = context;
  const { service, options, hasScheduler, lastGood } = input;
  const { choice, findings } = chooseScheduler({
    service,
    portName: port.name,
    defaultChoice: options.defaultScheduler,
    hasScheduler,
    lastGood: () => lastGood({ protocol: port.protocol, address, port: port.port }),
  });
  for (const finding of findings) draft.note(finding);
  return choice;
}

/** 0 where draining would cost more than it keeps. */
function drainOf(draft: PlanDraft, context: PortContext, choice: SchedulerChoice): number {
  const { input, drainTimeoutMs, port } = context;
  if (drainTimeoutMs === 0 || canDrain(choice)) return drainTimeoutMs;
  const { service } = input;
  if (Object.hasOwn(service.annotations, DRAIN_ANNOTATION)) {
    draft.note(noDrain(service, port, choice));
  }
  return 0;
}
