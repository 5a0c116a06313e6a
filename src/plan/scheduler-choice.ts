/** Which scheduler a Service port gets: annotations, what the kernel has, and what was good before. */
import { didYouMean } from "../base/nearest-word.ts";
import type { Service } from "../model/cluster.ts";
import type { Finding } from "../model/finding.ts";
import { FLAG_NAMES, flagNames, isFlagName, ownFlags } from "../model/flag-names.ts";
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
  findPortAnnotation,
  hasNoAnnotations,
  KUBE_ROUTER_SCHEDULER_ANNOTATION,
  quoted,
  SCHEDULER_ANNOTATION,
  VALUE_CHARACTERS_MAX,
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

/**
 * The flags of a scheduler whose flags nobody chose. The fallback of `sh` and `mh` acts only while a
 * destination is at weight 0 or full: without it the clients that hash there are refused, so that
 * no endpoint could drain. `mh` takes the client's port in, as in kube-proxy.
 */
const USUAL_FLAGS: Readonly<Record<string, readonly SchedulerFlag[]>> = {
  sh: [SCHEDULER_FLAGS["sh-fallback"].flag],
  mh: [SCHEDULER_FLAGS["mh-fallback"].flag, SCHEDULER_FLAGS["mh-port"].flag],
};

const NO_FLAGS: readonly SchedulerFlag[] = [];
const NO_FINDINGS: readonly Finding[] = [];
const NO_NAMES: readonly SchedulerName[] = [];

/** The first has a form for one port. */
const SCHEDULER_ANNOTATIONS = [SCHEDULER_ANNOTATION, KUBE_ROUTER_SCHEDULER_ANNOTATION] as const;

/** In the order of the model. */
const ALL_FLAGS: readonly SchedulerFlag[] = ["flag-1", "flag-2", "flag-3"];

/**
 * The scheduler of one Service port. The port's own annotation goes before the Service's, that before
 * kube-router's, that before the default. A value that is no good changes nothing: what was in force
 * stays, else the default.
 */
export function chooseScheduler(input: SchedulerInput): ChosenScheduler {
  const { service, portName, hasScheduler, defaultChoice } = input;
  const found = findPortAnnotation(service.annotations, portName, SCHEDULER_ANNOTATIONS);
  if (!found) return lacksDefault(input) ? stay(input, missingDefault(input)) : byDefault(input);
  const { value } = found;
  if (!isSchedulerName(value)) return stay(input, badName(input, found));
  if (!hasScheduler(value)) return stay(input, missing(input, found));
  return withFlags(input, usualChoice(value, defaultChoice));
}

function byDefault(input: SchedulerInput): ChosenScheduler {
  const { defaultChoice } = input;
  return withFlags(input, usualChoice(defaultChoice.scheduler, defaultChoice));
}

function lacksDefault({ defaultChoice: { scheduler }, hasScheduler }: SchedulerInput): boolean {
  return isSchedulerName(scheduler) && !hasScheduler(scheduler);
}

/** `scheduler` with the flags that it has by default: those of `defaultChoice` where that is it. */
export function usualChoice(scheduler: string, defaultChoice?: SchedulerChoice): SchedulerChoice {
  const configured =
    scheduler === defaultChoice?.scheduler ? defaultChoice.schedulerFlags : NO_FLAGS;
  if (configured.length > 0) return { scheduler, schedulerFlags: configured };
  return { scheduler, schedulerFlags: USUAL_FLAGS[scheduler] ?? NO_FLAGS };
}

/**
 * False when new clients would still be led to a destination at weight 0, and refused: `dh` leads all
 * clients of an address to one destination, `sh` and `mh` without their fallback some to each.
 */
export function canDrain({ scheduler, schedulerFlags }: SchedulerChoice): boolean {
  if (scheduler === "dh") return false;
  if (scheduler === "sh") return schedulerFlags.includes(SCHEDULER_FLAGS["sh-fallback"].flag);
  if (scheduler === "mh") return schedulerFlags.includes(SCHEDULER_FLAGS["mh-fallback"].flag);
  return true;
}

/** The schedulers that a Service asks for, for a question to the kernel before its plan is made. */
export function requestedSchedulers({ annotations }: Service): readonly SchedulerName[] {
  if (hasNoAnnotations(annotations)) return NO_NAMES;
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

/**
 * Puts the flags that the user asked for in place of the usual ones. With a word among them that is no
 * flag at all, those in force stay; a flag of another scheduler is left out.
 */
function withFlags(input: SchedulerInput, usual: SchedulerChoice): ChosenScheduler {
  const found = findPortAnnotation(input.service.annotations, input.portName, [FLAGS_ANNOTATION]);
  if (!found) return { choice: usual, findings: NO_FINDINGS };
  const { scheduler } = usual;
  const words = [...new Set(found.value.split(",").map((word) => word.trim()))];
  const unknown = words.find((word) => word !== "" && !isFlagName(word));
  if (unknown !== undefined) {
    const last = input.lastGood();
    const choice = last?.scheduler === scheduler ? choiceOf(last) : usual;
    return { choice, findings: [unknownFlag(input, found, { word: unknown, choice })] };
  }
  const named = words.filter(isFlagName);
  const foreign = named.filter((name) => SCHEDULER_FLAGS[name].scheduler !== scheduler);
  const own = named.filter((name) => SCHEDULER_FLAGS[name].scheduler === scheduler);
  const wanted = new Set<SchedulerFlag>(own.map((name) => SCHEDULER_FLAGS[name].flag));
  return {
    choice: { scheduler, schedulerFlags: ALL_FLAGS.filter((flag) => wanted.has(flag)) },
    findings: foreign.map((name) => foreignFlag(input, found, { name, scheduler })),
  };
}

/** Without what else the value may carry. */
function choiceOf({ scheduler, schedulerFlags }: SchedulerChoice): SchedulerChoice {
  return { scheduler, schedulerFlags };
}

/** Used where even the default is missing: every kernel with IPVS was seen to have it. */
const LAST_RESORT: SchedulerChoice = { scheduler: "rr", schedulerFlags: NO_FLAGS };

function stay(input: SchedulerInput, finding: Finding): ChosenScheduler {
  const { lastGood } = input;
  const last = lastGood();
  // A virtual service without a scheduler, as others may have left one, serves nobody.
  const choice = last?.scheduler ? choiceOf(last) : defaultOf(input);
  // The same words for what stays and for the default: the second plan must not sound like news.
  const message = `${finding.message} ${choice.scheduler} is in force.`;
  return { choice, findings: [{ ...finding, message }] };
}

function defaultOf(input: SchedulerInput): SchedulerChoice {
  const { defaultChoice } = input;
  return lacksDefault(input) ? LAST_RESORT : usualChoice(defaultChoice.scheduler, defaultChoice);
}

function badName({ service }: SchedulerInput, { name, value }: FoundAnnotation): Finding {
  const allowed = SCHEDULER_NAMES.join(", ");
  return {
    severity: "warning",
    reason: "bad-scheduler",
    service: service.name,
    field: annotationField(name),
    message:
      `${quoted(value)} is no scheduler${didYouMean(value.slice(0, VALUE_CHARACTERS_MAX), SCHEDULER_NAMES)}. ` +
      `Allowed: ${allowed}.`,
  };
}

function missing({ service }: SchedulerInput, { name, value }: FoundAnnotation): Finding {
  return {
    severity: "warning",
    reason: "scheduler-missing",
    service: service.name,
    field: annotationField(name),
    message: `This kernel has no scheduler ${value}: ${HOW_TO_GET(value)}`,
  };
}

function missingDefault({ service, defaultChoice: { scheduler } }: SchedulerInput): Finding {
  return {
    severity: "warning",
    reason: "scheduler-missing",
    service: service.name,
    field: "",
    message: `This kernel has no scheduler ${scheduler}, the default: ${HOW_TO_GET(scheduler)}`,
  };
}

const HOW_TO_GET = (scheduler: string): string =>
  `load it with \`modprobe ip_vs_${scheduler}\`, or choose another of ${SCHEDULER_NAMES.join(", ")}. ` +
  "It is looked for again every minute.";

function unknownFlag(
  { service }: SchedulerInput,
  { name }: FoundAnnotation,
  { word, choice }: { readonly word: string; readonly choice: SchedulerChoice },
): Finding {
  const inForce = flagNames(choice).join(", ") || "none";
  return {
    severity: "warning",
    reason: "bad-scheduler-flags",
    service: service.name,
    field: annotationField(name),
    message:
      `${quoted(word)} is no scheduler flag${didYouMean(word.slice(0, VALUE_CHARACTERS_MAX), FLAG_NAMES)}. ` +
      `Allowed: ${FLAG_NAMES.join(", ")}. Flags in force for ${choice.scheduler}: ${inForce}.`,
  };
}

function foreignFlag(
  { service }: SchedulerInput,
  found: FoundAnnotation,
  { name, scheduler }: { readonly name: SchedulerFlagName; readonly scheduler: string },
): Finding {
  const own = ownFlags(scheduler).join(", ");
  const allowed = own === "" ? `${scheduler} has no flags` : `Allowed with it: ${own}`;
  return {
    severity: "warning",
    reason: "bad-scheduler-flags",
    service: service.name,
    field: annotationField(found.name),
    message: `${name} is not a flag of ${scheduler}. ${allowed}. It is left out.`,
  };
}
