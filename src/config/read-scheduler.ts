/** The default scheduler with its flags, from what was given. */
import { didYouMean } from "../base/nearest-word.ts";
import {
  isSchedulerName,
  SCHEDULER_FLAGS,
  SCHEDULER_NAMES,
  type SchedulerChoice,
  type SchedulerFlagName,
} from "../model/scheduler.ts";
import type { SchedulerFlag } from "../model/virtual-service.ts";
import { CONFIG_DEFAULTS } from "./config.ts";
import type { SettingReader } from "./setting-reader.ts";

/** Reads both settings. */
export function readScheduler(reader: SettingReader): SchedulerChoice {
  const given = reader.given("scheduler");
  const name = given?.text ?? CONFIG_DEFAULTS.scheduler;
  const known = isSchedulerName(name);
  if (!known && given !== undefined) {
    const hint = didYouMean(name, SCHEDULER_NAMES);
    reader.report(
      given.where,
      `unknown scheduler ${name}${hint}; one of ${SCHEDULER_NAMES.join(", ")}`,
    );
  }
  const found = new Set<SchedulerFlag>();
  for (const word of reader.list("schedulerFlags")) {
    const flag = readFlag(reader, word, known ? name : undefined);
    if (flag !== undefined) found.add(flag);
  }
  return { scheduler: name, schedulerFlags: [...found].sort() };
}

function readFlag(
  reader: SettingReader,
  word: string,
  scheduler: string | undefined,
): SchedulerFlag | undefined {
  const where = reader.given("schedulerFlags")?.where ?? "";
  const names = Object.keys(SCHEDULER_FLAGS);
  if (!isFlagName(word)) {
    reader.report(
      where,
      `unknown scheduler flag ${word}${didYouMean(word, names)}; one of ${names.join(", ")}`,
    );
    return undefined;
  }
  const flag = SCHEDULER_FLAGS[word];
  if (scheduler !== undefined && flag.scheduler !== scheduler) {
    reader.report(
      where,
      `${word} is a flag of the scheduler ${flag.scheduler}, and the default is ${scheduler}`,
    );
  }
  return flag.flag;
}

function isFlagName(word: string): word is SchedulerFlagName {
  return Object.hasOwn(SCHEDULER_FLAGS, word);
}
