/** Flags, environment, file and defaults -> {@link Config}. Finds all mistakes before it throws. */
import { readFile } from "node:fs/promises";
import { hostname } from "node:os";
import { didYouMean } from "../base/nearest-word.ts";
import {
  CONFIG_DEFAULTS,
  type Config,
  type ConntrackSettings,
  LOG_FORMATS,
  LOG_LEVELS,
} from "./config.ts";
import { ConfigError } from "./config-error.ts";
import { type ConfigFile, parseConfigFile } from "./config-file.ts";
import { type ConfigFlags, GivenSettings } from "./given-settings.ts";
import { readListen } from "./read-listen.ts";
import { readDetectLocal, readNodePortAddresses } from "./read-network.ts";
import { readScheduler } from "./read-scheduler.ts";
import { readSource } from "./read-source.ts";
import { SettingReader } from "./setting-reader.ts";
import { shown } from "./shown.ts";

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

/** Shorter audits would be a load and find nothing. */
const AUDIT_PERIOD_MS_MIN = 1_000;

/** Highest bit of a packet's mark. */
const MARK_BIT_MAX = 31;

/** Range of /proc/self/oom_score_adj (`OOM_SCORE_ADJ_MIN`, `OOM_SCORE_ADJ_MAX` of <linux/oom.h>). */
const OOM_SCORE_ADJ = [-1_000, 1_000] as const;

const INT32_MAX = 2 ** 31 - 1;

/** Longest path of a Unix socket (`sun_path` of <linux/un.h> is 108 bytes with its end mark). */
const SOCKET_PATH_BYTES_MAX = 107;

/** The settings; a flag beats the file, the file beats the default. Throws {@link ConfigError}. */
export async function loadConfig(flags: ConfigFlags, surroundings: Surroundings): Promise<Config> {
  const { env } = surroundings;
  const file = await readConfigFile(flags["config"], surroundings);
  const reader = new SettingReader(new GivenSettings(flags, file));
  checkMode(reader);
  const initOnly = reader.boolean("initOnly");
  const config: Config = {
    initOnly,
    source: readSource(reader, {
      isInCluster: Boolean(env["KUBERNETES_SERVICE_HOST"]),
      // What cannot be read may have said it.
      isNeeded: !initOnly && file.isRead,
    }),
    nodeName: readNodeName(reader, surroundings),
    scheduler: readScheduler(reader),
    drainTimeoutMs: reader.duration("drainTimeout", CONFIG_DEFAULTS.drainTimeout, 0),
    ...readPeriods(reader),
    detectLocal: readDetectLocal(reader),
    masqueradeBit: reader.integer("masqueradeBit", CONFIG_DEFAULTS.masqueradeBit, [
      0,
      MARK_BIT_MAX,
    ]),
    masqueradeAll: reader.boolean("masqueradeAll"),
    nodePortAddresses: readNodePortAddresses(reader),
    externalRanges: reader.ranges("externalRanges"),
    excludeRanges: reader.ranges("excludeRanges"),
    strictArp: reader.boolean("strictArp"),
    ipvsTimeouts: {
      tcpS: reader.seconds("tcpTimeout", "0s"),
      tcpFinS: reader.seconds("tcpFinTimeout", "0s"),
      udpS: reader.seconds("udpTimeout", "0s"),
    },
    conntrack: readConntrack(reader),
    ...readListen(reader),
    bindAddressHardFail: reader.boolean("bindAddressHardFail"),
    oomScoreAdj: reader.integer("oomScoreAdj", CONFIG_DEFAULTS.oomScoreAdj, OOM_SCORE_ADJ),
    logLevel: reader.word("logLevel", LOG_LEVELS, CONFIG_DEFAULTS.logLevel),
    logFormat: reader.word("logFormat", LOG_FORMATS, CONFIG_DEFAULTS.logFormat),
    statusSocket: readSocket(reader),
    ignored: reader.ignored,
  };
  if (reader.problems.length > 0) throw new ConfigError(reader.problems);
  return config;
}

async function readConfigFile(
  path: string | boolean | undefined,
  { readFile: read }: Surroundings,
): Promise<ConfigFile> {
  const nothing = { isRead: false, fields: new Map(), ignored: [], problems: [] };
  if (typeof path !== "string") return { ...nothing, isRead: true };
  try {
    return parseConfigFile(path, await read(path));
  } catch (err) {
    const reason = err instanceof Error ? err.message : String(err);
    const problem = { where: "--config", message: `${path} cannot be read: ${reason}` };
    return { ...nothing, problems: [problem] };
  }
}

/** Only one of kube-proxy's modes is ours; to take over another one silently would surprise. */
function checkMode(reader: SettingReader): void {
  const given = reader.given("mode");
  if (given === undefined || given.text === "ipvs") return;
  const hint = didYouMean(given.text, ["ipvs"]);
  reader.report(
    given.where,
    `expected ipvs or nothing, found ${shown(given.text)}${hint}: kube-ipvs does the work of \
kube-proxy's IPVS mode, other modes stay kube-proxy's`,
  );
}

function readNodeName(
  reader: SettingReader,
  { env: { NODE_NAME }, hostname: fallback }: Surroundings,
): string {
  const fromEnv = NODE_NAME ? { text: NODE_NAME, where: "NODE_NAME" } : undefined;
  const fromHost = { text: fallback, where: "the name of this machine" };
  const { text, where } = reader.given("nodeName") ?? fromEnv ?? fromHost;
  const name = text.trim().toLowerCase();
  if (NODE_NAME_PATTERN.test(name) && name.length <= NODE_NAME_LENGTH_MAX) return name;
  const expected = 'expected letters, digits, "-" and "."';
  reader.report(where, `${expected}, found ${shown(text)} (--node-name NAME sets it)`);
  return name;
}

const NODE_NAME_LENGTH_MAX = 253;
const NODE_NAME_PATTERN = /^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/;

function readPeriods(reader: SettingReader): Pick<Config, "minSyncPeriodMs" | "auditPeriodMs"> {
  const { minSyncPeriod, auditPeriod } = CONFIG_DEFAULTS;
  const minSyncPeriodMs = reader.duration("minSyncPeriod", minSyncPeriod, 0);
  const auditPeriodMs = reader.duration("auditPeriod", auditPeriod, AUDIT_PERIOD_MS_MIN);
  const given = reader.given("minSyncPeriod");
  if (given !== undefined && auditPeriodMs > 0 && minSyncPeriodMs > auditPeriodMs) {
    const audit = reader.given("auditPeriod");
    const most = `${audit?.name ?? "auditPeriod"}, which is ${audit?.text ?? auditPeriod}`;
    reader.report(given.where, `expected at most ${most}, found ${shown(given.text)}`);
  }
  return { minSyncPeriodMs, auditPeriodMs };
}

function readConntrack(reader: SettingReader): ConntrackSettings {
  const { conntrackMaxPerCore, conntrackMin } = CONFIG_DEFAULTS;
  const { conntrackTcpEstablished, conntrackTcpCloseWait } = CONFIG_DEFAULTS;
  const isAny = [0, INT32_MAX] as const;
  return {
    maxPerCore: reader.integer("conntrackMaxPerCore", conntrackMaxPerCore, isAny) || undefined,
    min: reader.integer("conntrackMin", conntrackMin, isAny),
    tcpEstablishedS:
      reader.seconds("conntrackTcpEstablished", conntrackTcpEstablished) || undefined,
    tcpCloseWaitS: reader.seconds("conntrackTcpCloseWait", conntrackTcpCloseWait) || undefined,
    tcpBeLiberal: reader.boolean("conntrackTcpBeLiberal") || undefined,
    udpS: reader.seconds("conntrackUdp", "0s") || undefined,
    udpStreamS: reader.seconds("conntrackUdpStream", "0s") || undefined,
  };
}

function readSocket(reader: SettingReader): string {
  const { text, where } = reader.given("statusSocket") ?? {
    text: CONFIG_DEFAULTS.statusSocket,
    where: "",
  };
  if (text.startsWith("/") && Buffer.byteLength(text) <= SOCKET_PATH_BYTES_MAX) return text;
  const expected = `expected an absolute path of at most ${SOCKET_PATH_BYTES_MAX} bytes`;
  reader.report(where, `${expected}, found ${shown(text)}`);
  return text;
}
