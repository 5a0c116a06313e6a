/** Flags, environment, file and defaults -> {@link Config}. Finds all mistakes before it throws. */
import { readFile } from "node:fs/promises";
import { hostname } from "node:os";
import { parseDuration } from "../base/duration.ts";
import { didYouMean } from "../base/nearest-word.ts";
import {
  isSchedulerName,
  SCHEDULER_FLAGS,
  SCHEDULER_NAMES,
  type SchedulerChoice,
  type SchedulerFlagName,
} from "../model/scheduler.ts";
import type { SchedulerFlag } from "../model/virtual-service.ts";
import { CONFIG_DEFAULTS, type Config, LOG_FORMATS, LOG_LEVELS } from "./config.ts";
import { ConfigError, type ConfigProblem } from "./config-error.ts";
import { type ConfigField, type ConfigFile, parseConfigFile, type Written } from "./config-file.ts";

/** The flags of `run` as they were given, named as commander names them; absent ones are left out. */
export interface ConfigFlags {
  readonly manifests?: string | undefined;
  readonly nodeName?: string | undefined;
  readonly config?: string | undefined;
  readonly scheduler?: string | undefined;
  readonly schedulerFlags?: string | undefined;
  readonly drainTimeout?: string | undefined;
  readonly logLevel?: string | undefined;
  readonly logFormat?: string | undefined;
  readonly statusSocket?: string | undefined;
}

/** What settings may come from besides flags. */
export interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly hostname: string;
  /** The text of a file; rejects when it cannot be read. */
  readonly readFile: (path: string) => Promise<string>;
}

/** Those of this process. */
export function processSurroundings(): Surroundings {
  return { env: process.env, hostname: hostname(), readFile: (path) => readFile(path, "utf8") };
}

/** The flag that sets each field of the file; two fields have none. */
const FLAG_OF_FIELD = {
  manifests: "manifests",
  nodeName: "nodeName",
  "scheduler.default": "scheduler",
  "scheduler.flags": "schedulerFlags",
  drainTimeout: "drainTimeout",
  logLevel: "logLevel",
  logFormat: "logFormat",
  statusSocket: "statusSocket",
  minSyncPeriod: undefined,
  auditPeriod: undefined,
} as const satisfies Record<ConfigField, keyof ConfigFlags | undefined>;

/** The settings; a flag beats the file, the file beats the default. Throws {@link ConfigError}. */
export async function loadConfig(flags: ConfigFlags, surroundings: Surroundings): Promise<Config> {
  const file = await readConfigFile(flags.config, surroundings);
  const settings = new Settings(flags, file, surroundings.env);
  const config: Config = {
    ...NOT_SET,
    source: {
      kind: "manifests",
      folder: settings.required("manifests", "expected a folder of manifests (--manifests DIR)"),
    },
    nodeName: settings.nodeName(surroundings.hostname),
    scheduler: settings.scheduler(),
    drainTimeoutMs: settings.duration("drainTimeout", 0),
    minSyncPeriodMs: settings.duration("minSyncPeriod", 0),
    auditPeriodMs: settings.duration("auditPeriod", AUDIT_PERIOD_MS_MIN),
    logLevel: settings.word("logLevel", LOG_LEVELS, CONFIG_DEFAULTS.logLevel),
    logFormat: settings.word("logFormat", LOG_FORMATS, CONFIG_DEFAULTS.logFormat),
    statusSocket: settings.socket(),
  };
  if (settings.problems.length > 0) throw new ConfigError(settings.problems);
  return config;
}

/** What no flag and no field sets yet. */
const NOT_SET = {
  detectLocal: { mode: "none" },
  masqueradeBit: CONFIG_DEFAULTS.masqueradeBit,
  masqueradeAll: false,
  nodePortAddresses: { kind: "all" },
  externalRanges: [],
  excludeRanges: [],
  strictArp: false,
  ipvsTimeouts: { tcpS: 0, tcpFinS: 0, udpS: 0 },
  conntrack: {
    maxPerCore: CONFIG_DEFAULTS.conntrackMaxPerCore,
    min: CONFIG_DEFAULTS.conntrackMin,
    tcpEstablishedS: 86_400,
    tcpCloseWaitS: 3_600,
    tcpBeLiberal: undefined,
    udpS: undefined,
    udpStreamS: undefined,
  },
  bindAddress: CONFIG_DEFAULTS.bindAddress,
  healthz: { host: "0.0.0.0", port: CONFIG_DEFAULTS.healthzPort },
  metrics: { host: "127.0.0.1", port: CONFIG_DEFAULTS.metricsPort },
  bindAddressHardFail: false,
  oomScoreAdj: CONFIG_DEFAULTS.oomScoreAdj,
  initOnly: false,
  ignored: [],
} as const satisfies Partial<Config>;

/** Shorter audits would be a load and find nothing. */
const AUDIT_PERIOD_MS_MIN = 1_000;

/** Longest period that a timer can wait: some 24 days. */
const DURATION_MS_MAX = 2 ** 31 - 1;

/** Longest path of a Unix socket (`sun_path` of <linux/un.h> is 108 bytes with its end mark). */
const SOCKET_PATH_BYTES_MAX = 107;

async function readConfigFile(
  path: string | undefined,
  { readFile: read }: Surroundings,
): Promise<ConfigFile> {
  if (path === undefined) return { settings: new Map(), problems: [] };
  try {
    return parseConfigFile(path, await read(path));
  } catch (err) {
    const reason = err instanceof Error ? err.message : String(err);
    const problem = { where: "--config", message: `${path} cannot be read: ${reason}` };
    return { settings: new Map(), problems: [problem] };
  }
}

class Settings {
  readonly problems: ConfigProblem[];
  readonly #flags: ConfigFlags;
  readonly #file: ConfigFile;
  readonly #env: Surroundings["env"];

  constructor(flags: ConfigFlags, file: ConfigFile, env: Surroundings["env"]) {
    this.#flags = flags;
    this.#file = file;
    this.#env = env;
    this.problems = [...file.problems];
  }

  required(field: "manifests", message: string): string {
    const written = this.#written(field);
    if (written !== undefined && written.text !== "") return written.text;
    this.#report(written?.where ?? flagText(field), message);
    return "";
  }

  nodeName(fallback: string): string {
    const { NODE_NAME } = this.#env;
    const fromEnv = NODE_NAME ? { text: NODE_NAME, where: "NODE_NAME" } : undefined;
    const fromHost = { text: fallback, where: "the name of this machine" };
    const { text, where } =
      this.#fromFlag("nodeName") ?? this.#file.settings.get("nodeName") ?? fromEnv ?? fromHost;
    const name = text.trim().toLowerCase();
    if (NODE_NAME_PATTERN.test(name) && name.length <= NODE_NAME_LENGTH_MAX) return name;
    const expected = 'expected letters, digits, "-" and "."';
    this.#report(where, `${expected}, found ${JSON.stringify(text)} (--node-name NAME sets it)`);
    return name;
  }

  scheduler(): SchedulerChoice {
    const name = this.#text("scheduler.default", CONFIG_DEFAULTS.scheduler);
    const known = isSchedulerName(name.text);
    if (!known) {
      const hint = didYouMean(name.text, SCHEDULER_NAMES);
      this.#report(
        name.where,
        `unknown scheduler ${name.text}${hint}; one of ${SCHEDULER_NAMES.join(", ")}`,
      );
    }
    const flags = this.#text("scheduler.flags", CONFIG_DEFAULTS.schedulerFlags);
    const words = flags.text
      .split(",")
      .map((word) => word.trim())
      .filter((word) => word !== "");
    const found = new Set<SchedulerFlag>();
    for (const word of words) {
      const flag = this.#schedulerFlag(word, known ? name.text : undefined, flags.where);
      if (flag !== undefined) found.add(flag);
    }
    return { scheduler: name.text, schedulerFlags: [...found].sort() };
  }

  #schedulerFlag(
    word: string,
    scheduler: string | undefined,
    where: string,
  ): SchedulerFlag | undefined {
    const names = Object.keys(SCHEDULER_FLAGS);
    if (!isFlagName(word)) {
      this.#report(
        where,
        `unknown scheduler flag ${word}${didYouMean(word, names)}; one of ${names.join(", ")}`,
      );
      return undefined;
    }
    const flag = SCHEDULER_FLAGS[word];
    if (scheduler !== undefined && flag.scheduler !== scheduler) {
      this.#report(
        where,
        `${word} is a flag of the scheduler ${flag.scheduler}, and the default is ${scheduler}`,
      );
    }
    return flag.flag;
  }

  duration(field: "drainTimeout" | "minSyncPeriod" | "auditPeriod", leastMs: number): number {
    const { text, where } = this.#text(field, CONFIG_DEFAULTS[field]);
    const ms = parseDuration(text);
    if (ms !== undefined && ms >= leastMs && ms <= DURATION_MS_MAX) return ms;
    const range = ms === undefined ? "" : ` of ${leastMs} to ${DURATION_MS_MAX} milliseconds`;
    this.#report(
      where,
      `expected a duration${range} such as 30s or 1m30s, found ${JSON.stringify(text)}`,
    );
    return 0;
  }

  word<W extends string>(field: "logLevel" | "logFormat", words: readonly W[], fallback: W): W {
    const { text, where } = this.#text(field, fallback);
    const word = words.find((candidate) => candidate === text);
    if (word !== undefined) return word;
    const hint = didYouMean(text, words);
    this.#report(
      where,
      `expected one of ${words.join(", ")}, found ${JSON.stringify(text)}${hint}`,
    );
    return fallback;
  }

  socket(): string {
    const { text, where } = this.#text("statusSocket", CONFIG_DEFAULTS.statusSocket);
    if (text.startsWith("/") && Buffer.byteLength(text) <= SOCKET_PATH_BYTES_MAX) return text;
    this.#report(
      where,
      `expected an absolute path of at most ${SOCKET_PATH_BYTES_MAX} bytes, found ${JSON.stringify(text)}`,
    );
    return text;
  }

  #text(field: ConfigField, fallback: string): Written {
    return this.#written(field) ?? { text: fallback, where: `the default of ${field}` };
  }

  #written(field: ConfigField): Written | undefined {
    return this.#fromFlag(field) ?? this.#file.settings.get(field);
  }

  #fromFlag(field: ConfigField): Written | undefined {
    const flag = FLAG_OF_FIELD[field];
    const text = flag && this.#flags[flag];
    return flag === undefined || text === undefined ? undefined : { text, where: flagText(flag) };
  }

  #report(where: string, message: string): void {
    this.problems.push({ where, message });
  }
}

const NODE_NAME_LENGTH_MAX = 253;
const NODE_NAME_PATTERN = /^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/;

function isFlagName(word: string): word is SchedulerFlagName {
  return Object.hasOwn(SCHEDULER_FLAGS, word);
}

/** `schedulerFlags` -> `--scheduler-flags`. */
function flagText(name: string): string {
  return `--${name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}
