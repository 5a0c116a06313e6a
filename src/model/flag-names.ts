/** Scheduler flags as ipvsadm and users write them. */
import { SCHEDULER_FLAGS, type SchedulerChoice, type SchedulerFlagName } from "./scheduler.ts";

/** All flags that have a name. */
export const FLAG_NAMES = Object.keys(SCHEDULER_FLAGS) as readonly SchedulerFlagName[];

/** The flags that are set, each as its scheduler calls it, else by its number. */
export function flagNames({ scheduler, schedulerFlags }: SchedulerChoice): string[] {
  return schedulerFlags.map((flag) => {
    const own = ownFlags(scheduler).find((name) => SCHEDULER_FLAGS[name].flag === flag);
    return own ?? flag;
  });
}

/** The names of the flags that `scheduler` reads. */
export function ownFlags(scheduler: string): SchedulerFlagName[] {
  return FLAG_NAMES.filter((name) => SCHEDULER_FLAGS[name].scheduler === scheduler);
}

/** True when `text` names a flag of some scheduler. */
export function isFlagName(text: string): text is SchedulerFlagName {
  return Object.hasOwn(SCHEDULER_FLAGS, text);
}
