/** Reads the configuration file: YAML or JSON text -> settings as written, each with its line. */
import { didYouMean, nearestWord } from "../base/nearest-word.ts";
import { readYaml, yamlLines } from "../base/yaml-document.ts";
import type { ConfigProblem } from "./config-error.ts";
import { IGNORED_FIELDS, ignoredField } from "./ignored-settings.ts";
import { SETTINGS, type Setting, type ValueType } from "./settings.ts";
import { shown } from "./shown.ts";

/** The kinds of file, and what each has to say on top. */
const KINDS = {
  KubeIpvsConfiguration: { apiVersion: "kube-ipvs.io/v1alpha1" },
  KubeProxyConfiguration: { apiVersion: "kubeproxy.config.k8s.io/v1alpha1" },
} as const;
type Kind = keyof typeof KINDS;
const KIND_NAMES = ["KubeIpvsConfiguration", "KubeProxyConfiguration"] as const satisfies Kind[];

/** A setting as somebody wrote it, lists joined by commas, and where. */
export interface Written {
  readonly text: string;
  /** For messages about mistakes: `kube-ipvs.yaml:7: scheduler.default`, `--scheduler`. */
  readonly where: string;
}

/** What a file says. */
export interface ConfigFile {
  /** False when nothing of it could be read: what it may have said is unknown. */
  readonly isRead: boolean;
  /** By path. */
  readonly fields: ReadonlyMap<string, Written>;
  readonly problems: readonly ConfigProblem[];
  /** Fields that have no effect, each as `field: why`. */
  readonly ignored: readonly string[];
}

/** Reads the text of the file called `file`. Never throws. */
export function parseConfigFile(file: string, text: string): ConfigFile {
  const reader = new FileReader(file, text);
  const { value, error } = readYaml(text);
  const asKubeProxy = readYaml(text, { asGo: true });
  if (isRecord(asKubeProxy.value) && asKubeProxy.value["kind"] === "KubeProxyConfiguration") {
    // kube-proxy starts with it, and says so in its log.
    if (error)
      reader.ignored.push(`${file}:${error.line}: ${error.message}: read as kube-proxy does`);
    reader.read(asKubeProxy.value);
    return reader;
  }
  if (error !== undefined) {
    const problem = { where: `${file}:${error.line}`, message: `is no YAML: ${error.message}` };
    return { isRead: false, fields: new Map(), problems: [problem], ignored: [] };
  }
  if (isRecord(value)) reader.read(value);
  else {
    const kinds = KIND_NAMES.map(
      (kind) => `apiVersion: ${KINDS[kind].apiVersion} and kind: ${kind}`,
    );
    reader.problems.push({ where: file, message: `expected ${kinds.join(", or ")}` });
  }
  return reader;
}

class FileReader implements ConfigFile {
  readonly fields = new Map<string, Written>();
  readonly problems: ConfigProblem[] = [];
  readonly ignored: string[] = [];
  isRead = false;
  readonly #file: string;
  readonly #text: string;
  #known: ReadonlyMap<string, ValueType | "ignored"> = new Map();
  #isKubeProxys = false;
  #lines: ((path: readonly string[]) => number) | undefined;

  constructor(file: string, text: string) {
    this.#file = file;
    this.#text = text;
  }

  read(value: Readonly<Record<string, unknown>>): void {
    const { kind: found, apiVersion } = value;
    const kind =
      KIND_NAMES.find((name) => name === found) ??
      KIND_NAMES.find((name) => KINDS[name].apiVersion === apiVersion) ??
      "KubeIpvsConfiguration";
    this.#isKubeProxys = kind === "KubeProxyConfiguration";
    this.#header(value, "apiVersion", [KINDS[kind].apiVersion]);
    this.#header(value, "kind", found === kind ? [kind] : KIND_NAMES);
    this.#known = knownFields(kind);
    this.#section(value, []);
    this.isRead = true;
  }

  #report(path: readonly string[], message: string): void {
    this.problems.push({ where: this.#where(path), message });
  }

  #header(
    value: Readonly<Record<string, unknown>>,
    key: string,
    expected: readonly string[],
  ): void {
    const found = value[key];
    if (expected.some((word) => word === found)) return;
    const text = found === undefined ? "nothing" : shown(found);
    const hint = typeof found === "string" ? didYouMean(found, expected) : "";
    this.#report([key], `expected ${expected.join(" or ")}, found ${text}${hint}`);
  }

  #section(value: Readonly<Record<string, unknown>>, above: readonly string[]): void {
    const prefix = above.map((key) => `${key}.`).join("");
    const below = [...this.#known.keys()].filter((field) => field.startsWith(prefix));
    const keys = new Set(below.map((field) => field.slice(prefix.length).split(".")[0] ?? ""));
    for (const [key, item] of Object.entries(value)) {
      const path = [...above, key];
      const type = this.#known.get(prefix + key);
      if (type === "ignored") this.ignored.push(...ignoredField(prefix + key, item));
      else if (type !== undefined) this.#field(path, item, type);
      else if (keys.has(key)) this.#fieldsOf(path, item);
      else if (above.length > 0 || (key !== "apiVersion" && key !== "kind")) {
        this.#unknown(path, key, keys);
      }
    }
  }

  #unknown(path: readonly string[], key: string, keys: ReadonlySet<string>): void {
    const nearest = nearestWord(key, keys);
    const hint = nearest === undefined ? "" : `: did you mean ${nearest}?`;
    if (!this.#isKubeProxys) this.#report(path, `unknown field ${key}${hint}`);
    else if (knownFields("KubeIpvsConfiguration").has(path.join("."))) {
      this.ignored.push(`${path.join(".")}: only a KubeIpvsConfiguration has this field`);
    } else {
      // As kube-proxy does: what a newer version added, or an older one had, stops no node.
      this.ignored.push(`${path.join(".")}: unknown field${hint}`);
    }
  }

  #fieldsOf(path: readonly string[], item: unknown): void {
    if (isRecord(item)) this.#section(item, path);
    else if (item !== null) this.#report(path, `expected fields, found ${shown(item)}`);
  }

  #field(path: readonly string[], item: unknown, type: ValueType): void {
    if (item === null) return;
    const text = textOf(item, type);
    if (text !== undefined) this.fields.set(path.join("."), { text, where: this.#where(path) });
    else
      this.#report(path, `expected ${EXPECTED[type]}, found ${shown(item)}${hintOf(item, type)}`);
  }

  #where(path: readonly string[]): string {
    this.#lines ??= yamlLines(this.#text);
    return `${this.#file}:${this.#lines(path)}: ${path.join(".")}`;
  }
}

/** Every path that a file of this kind may have. */
function knownFields(kind: Kind): ReadonlyMap<string, ValueType | "ignored"> {
  const known = new Map<string, ValueType | "ignored">();
  for (const field of IGNORED_FIELDS) known.set(field, "ignored");
  const settings: readonly Setting[] = Object.values(SETTINGS);
  for (const { type, own, kubeProxy } of settings) {
    if (kubeProxy?.field !== undefined) known.set(kubeProxy.field, kubeProxy.type ?? type);
    if (own?.field !== undefined && kind === "KubeIpvsConfiguration") known.set(own.field, type);
  }
  return known;
}

const EXPECTED: Readonly<Record<ValueType, string>> = {
  text: "a text",
  duration: "a text",
  integer: "a whole number",
  boolean: "true or false",
  list: "a list of texts",
};

function textOf(item: unknown, type: ValueType): string | undefined {
  if (type === "integer") return Number.isInteger(item) ? String(item) : undefined;
  if (type === "boolean") return typeof item === "boolean" ? String(item) : undefined;
  const texts: readonly unknown[] = type === "list" && Array.isArray(item) ? item : [item];
  return texts.every((text) => typeof text === "string") ? texts.join(",") : undefined;
}

function hintOf(item: unknown, type: ValueType): string {
  if (typeof item === "object") return "";
  if (type === "text" || type === "duration")
    return " (write it in quotes, a duration with its unit)";
  return typeof item === "string" && type !== "list" ? " (write it without quotes)" : "";
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
