/** Reads the configuration file: YAML or JSON text -> settings as written, each with its line. */
import { didYouMean, nearestWord } from "../base/nearest-word.ts";
import { readYaml, yamlLines } from "../base/yaml-document.ts";
import type { ConfigProblem } from "./config-error.ts";

/** What the first two lines of the file have to say. */
export const CONFIG_API_VERSION = "kube-ipvs.io/v1alpha1";
export const CONFIG_KIND = "KubeIpvsConfiguration";

/** Settings that a file can have, by their path in it. All are texts, flags a list of texts. */
export const CONFIG_FIELDS = [
  "manifests",
  "nodeName",
  "scheduler.default",
  "scheduler.flags",
  "drainTimeout",
  "minSyncPeriod",
  "auditPeriod",
  "logLevel",
  "logFormat",
  "statusSocket",
] as const;

/** The path of one setting. */
export type ConfigField = (typeof CONFIG_FIELDS)[number];

/** A setting as somebody wrote it, and where. */
export interface Written {
  readonly text: string;
  readonly where: string;
}

/** What a file says. */
export interface ConfigFile {
  readonly settings: ReadonlyMap<ConfigField, Written>;
  readonly problems: readonly ConfigProblem[];
}

/** Reads the text of the file called `file`. Never throws. */
export function parseConfigFile(file: string, text: string): ConfigFile {
  const settings = new Map<ConfigField, Written>();
  const { value, error } = readYaml(text);
  if (error !== undefined) {
    const problem = { where: `${file}:${error.line}`, message: `is no YAML: ${error.message}` };
    return { settings, problems: [problem] };
  }
  if (!isRecord(value)) {
    const message = `expected apiVersion: ${CONFIG_API_VERSION} and kind: ${CONFIG_KIND}`;
    return { settings, problems: [{ where: file, message }] };
  }
  const reader = new FileReader(file, text);
  if (value["kind"] === "KubeProxyConfiguration") {
    reader.report(
      ["kind"],
      "a KubeProxyConfiguration is not read yet by this version; write its \
settings as a KubeIpvsConfiguration, or as flags",
    );
  } else {
    reader.header(value, "apiVersion", CONFIG_API_VERSION);
    reader.header(value, "kind", CONFIG_KIND);
    reader.fields(value, []);
  }
  return { settings: reader.settings, problems: reader.problems };
}

class FileReader {
  readonly settings = new Map<ConfigField, Written>();
  readonly problems: ConfigProblem[] = [];
  readonly #file: string;
  readonly #lineOf: (path: readonly string[]) => number;

  constructor(file: string, text: string) {
    this.#file = file;
    this.#lineOf = yamlLines(text);
  }

  report(path: readonly string[], message: string): void {
    this.problems.push({ where: this.#where(path), message });
  }

  header(value: Readonly<Record<string, unknown>>, key: string, expected: string): void {
    const found = value[key];
    if (found === expected) return;
    const text = found === undefined ? "nothing" : JSON.stringify(found);
    const hint = typeof found === "string" ? didYouMean(found, [expected]) : "";
    this.report([key], `expected ${expected}, found ${text}${hint}`);
  }

  fields(value: Readonly<Record<string, unknown>>, above: readonly string[]): void {
    const prefix = above.map((key) => `${key}.`).join("");
    const fields = CONFIG_FIELDS.filter((field) => field.startsWith(prefix));
    const keys = fields.map((field) => field.slice(prefix.length).split(".")[0] ?? "");
    for (const [key, item] of Object.entries(value)) {
      const path = [...above, key];
      const field = fields.find((candidate) => candidate === prefix + key);
      if (field !== undefined) this.#setting(field, path, item);
      else if (keys.includes(key)) this.#section(path, item);
      else if (above.length > 0 || (key !== "apiVersion" && key !== "kind")) {
        this.#unknown(path, key, keys);
      }
    }
  }

  #unknown(path: readonly string[], key: string, keys: readonly string[]): void {
    const nearest = nearestWord(key, keys);
    const hint = nearest === undefined ? "" : `: did you mean ${nearest}?`;
    this.report(path, `unknown field ${key}${hint}`);
  }

  #section(path: readonly string[], item: unknown): void {
    if (isRecord(item)) this.fields(item, path);
    else if (item !== null) this.report(path, `expected fields, found ${JSON.stringify(item)}`);
  }

  #setting(field: ConfigField, path: readonly string[], item: unknown): void {
    if (item === null) return;
    const isList = field === "scheduler.flags" && Array.isArray(item);
    const texts: readonly unknown[] = isList ? item : [item];
    if (!texts.every((text) => typeof text === "string")) {
      const hint =
        typeof item === "object" ? "" : " (write it in quotes, a duration with its unit)";
      this.report(path, `expected a text, found ${JSON.stringify(item)}${hint}`);
      return;
    }
    this.settings.set(field, { text: texts.join(","), where: this.#where(path) });
  }

  #where(path: readonly string[]): string {
    return `${this.#file}:${this.#lineOf(path)}: ${path.join(".")}`;
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
