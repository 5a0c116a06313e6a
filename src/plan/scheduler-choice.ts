/** Which scheduler a Service port gets: annotations, what the kernel has, and what was good before. */
import { didYouMean } from "../base/nearest-word.ts";
import type { Service } from "../model/cluster.ts";
import type { Finding } from "../model/finding.ts";
import {
  isSchedulerName,
  SCHEDULER_FLAGS,
  SCHEDULER_NAMES,
  type SchedulerChoice,
  type SchedulerFlagName,
  type SchedulerName,
} from "../model/scheduler.ts";
import type { SchedulerFlag } from "../model/virtual-service.ts";
import {
  annotationField,
  FLAGS_ANNOTATION,
  type FoundAnnotation,
  findAnnotation,
  KUBE_ROUTER_SCHEDULER_ANNOTATION,
  quoted,
  SCHEDULER_ANNOTATION,
} from "./annotations.ts";

/** What decides. */
export interface SchedulerInput {
  readonly service: Service;
  readonly portName: string;
  readonly defaultChoice: SchedulerChoice;
  /** False when the kernel is known not to have it. */
  readonly hasScheduler: (name: SchedulerName) => boolean;
  /** What the virtual service had before; undefined when it is new. */
  readonly lastGood: () => SchedulerChoice | undefined;
}

/** The choice, and what the user must know about it. */
export interface ChosenScheduler {
  readonly choice: SchedulerChoice;
  readonly findings: readonly Finding[];
}

/** `mh` with the client's port, as kube-proxy sets it; without flags of the user's own. */
const MH_FLAGS: readonly SchedulerFlag[] = [SCHEDULER_FLAGS["mh-port"].flag];

const NO_FLAGS: readonly SchedulerFlag[] = [];

/**
 * The scheduler of one Service port. The port's own annotation goes before the Service's, that before
 * kube-router's, that before the default. A value that is no good changes nothing: what was in force
 * stays, else the default.
 */
export function chooseScheduler(input: SchedulerInput): ChosenScheduler {
  const { service, portName, hasScheduler } = input;
  const found = findScheduler(service, portName);
  if (!found) return withFlags(input, input.defaultChoice);
  const { value } = found;
  if (!isSchedulerName(value)) return stay(input, badName(input, found));
  if (!hasScheduler(value)) return stay(input, missing(input, found));
  const isDefault = value === input.defaultChoice.scheduler;
  const flags = value === "mh" ? MH_FLAGS : NO_FLAGS;
  const { schedulerFlags } = isDefault ? input.defaultChoice : { schedulerFlags: flags };
  return withFlags(input, { scheduler: value, schedulerFlags });
}

/** The schedulers that a Service asks for, for a question to the kernel before its plan is made. */
export function requestedSchedulers({ annotations }: Service): SchedulerName[] {
  const names: SchedulerName[] = [];
  for (const [name, raw] of Object.entries(annotations)) {
    const asks =
      name === SCHEDULER_ANNOTATION ||
      name === KUBE_ROUTER_SCHEDULER_ANNOTATION ||
      name.startsWith(`${SCHEDULER_ANNOTATION}.`);
    const value = raw.trim().toLowerCase();
    if (asks && isSchedulerName(value)) names.push(value);
  }
  return names;
}

function findScheduler({ annotations }: Service, portName: string): FoundAnnotation | undefined {
  return findAnnotation(annotations, [
    `${SCHEDULER_ANNOTATION}.${portName}`,
    SCHEDULER_ANNOTATION,
    KUBE_ROUTER_SCHEDULER_ANNOTATION,
  ]);
}

/** Adds the flags that the user asked for, where they are the scheduler's own. */
function withFlags(input: SchedulerInput, choice: SchedulerChoice): ChosenScheduler {
  const found = findAnnotation(input.service.annotations, [
    `${FLAGS_ANNOTATION}.${input.portName}`,
    FLAGS_ANNOTATION,
  ]);
  if (!found) return { choice, findings: [] };
  const names = found.value.split(",").map((name) => name.trim());
  const findings = names
    .filter((name) => name !== "" && !flagOf(name, choice.scheduler))
    .map((name) => badFlag(input, found, { name, scheduler: choice.scheduler }));
  const wanted = new Set(names.map((name) => flagOf(name, choice.scheduler)));
  const all: readonly SchedulerFlag[] = ["flag-1", "flag-2", "flag-3"];
  const schedulerFlags = all.filter((flag) => wanted.has(flag));
  return { choice: { scheduler: choice.scheduler, schedulerFlags }, findings };
}

function flagOf(name: string, scheduler: string): SchedulerFlag | undefined {
  if (!Object.hasOwn(SCHEDULER_FLAGS, name)) return undefined;
  const flag = SCHEDULER_FLAGS[name as SchedulerFlagName];
  return flag.scheduler === scheduler ? flag.flag : undefined;
}

function stay({ defaultChoice, lastGood }: SchedulerInput, finding: Finding): ChosenScheduler {
  const { scheduler, schedulerFlags } = lastGood() ?? defaultChoice;
  const message = `${finding.message} ${scheduler} stays in force.`;
  return { choice: { scheduler, schedulerFlags }, findings: [{ ...finding, message }] };
}

function badName({ service }: SchedulerInput, { name, value }: FoundAnnotation): Finding {
  const allowed = SCHEDULER_NAMES.join(", ");
  return {
    severity: "warning",
    reason: "bad-scheduler",
    service: service.name,
    field: annotationField(name),
    message:
      `${quoted(value)} is no scheduler${didYouMean(value.slice(0, 64), SCHEDULER_NAMES)}. ` +
      `Allowed: ${allowed}.`,
  };
}

function missing({ service }: SchedulerInput, { name, value }: FoundAnnotation): Finding {
  return {
    severity: "warning",
    reason: "scheduler-missing",
    service: service.name,
    field: annotationField(name),
    message:
      `this kernel has no scheduler ${value}: load it with \`modprobe ip_vs_${value}\`, ` +
      "or choose another; it is looked for again every minute.",
  };
}

function badFlag(
  { service }: SchedulerInput,
  found: FoundAnnotation,
  { name, scheduler }: { readonly name: string; readonly scheduler: string },
): Finding {
  const names = Object.keys(SCHEDULER_FLAGS) as SchedulerFlagName[];
  const own = names.filter((flag) => SCHEDULER_FLAGS[flag].scheduler === scheduler);
  const allowed = own.length > 0 ? `Allowed with it: ${own.join(", ")}.` : "It has no flags.";
  const problem = Object.hasOwn(SCHEDULER_FLAGS, name)
    ? `${name} is not a flag of ${scheduler}.`
    : `${quoted(name)} is no scheduler flag${didYouMean(name.slice(0, 64), names)}.`;
  return {
    severity: "warning",
    reason: "bad-scheduler-flags",
    service: service.name,
    field: annotationField(found.name),
    message: `${problem} ${allowed} It is left out.`,
  };
}
