/** Who wins: a flag beats the file, and our name beats kube-proxy's. Knows nothing of what settings mean. */

import type { ConfigProblem } from "./config-error.ts";
import type { ConfigFile, Written } from "./config-file.ts";
import { IGNORED_FLAGS, ignoredFlag } from "./ignored-settings.ts";
import { type KubeProxyNames, SETTINGS, type Setting, type SettingName } from "./settings.ts";
import { shown } from "./shown.ts";

/**
 * The flags as they were given, named as commander names them (`--node-name` is `nodeName`); absent ones
 * are left out. A switch is true, or the text behind its `=`.
 */
export interface ConfigFlags {
  readonly [name: string]: string | boolean | undefined;
}

/** Where a value was given: the command line beats the file. */
export type Level = "flag" | "file";

/** The value that counts. */
export interface Given extends Written {
  readonly level: Level;
  /** Its name alone, without the place in a file. */
  readonly name: string;
}

/** Flags of kube-proxy that ask for something else than to run, and where to find it. */
export const REFUSED_FLAGS: readonly {
  readonly flag: string;
  readonly isSwitch: boolean;
  readonly message: string;
}[] = [
  {
    flag: "--cleanup",
    isSwitch: true,
    message: "this version does not remove what it or kube-proxy made; leave the flag out",
  },
  {
    flag: "--write-config-to",
    isSwitch: false,
    message:
      "there is nothing to write: apiVersion and kind alone are a complete file, and a file of \
kube-proxy is taken as it is by --config",
  },
  { flag: "--version", isSwitch: true, message: "`kube-ipvs version` prints it" },
];

/** All that was given, by setting. */
export class GivenSettings {
  readonly problems: ConfigProblem[] = [];
  /** What was given and does not count, each as `name: why`. */
  readonly ignored: string[];
  readonly #flags: ConfigFlags;
  readonly #file: ConfigFile;
  readonly #given: ReadonlyMap<SettingName, Given>;

  constructor(flags: ConfigFlags, file: ConfigFile) {
    this.#flags = flags;
    this.#file = file;
    this.problems.push(...file.problems, ...refusedFlags(flags));
    this.ignored = [...file.ignored, ...ignoredFlags(flags)];
    const given = new Map<SettingName, Given>();
    for (const name of SETTING_NAMES) {
      const winner = this.#choose(SETTINGS[name]);
      if (winner !== undefined) given.set(name, winner);
    }
    this.#given = given;
  }

  /** The value that counts, or undefined where nobody gave one. */
  get(name: SettingName): Given | undefined {
    return this.#given.get(name);
  }

  #choose(setting: Setting): Given | undefined {
    return (
      this.#better(setting, this.#ownFlag(setting), this.#kubeProxyFlag(setting)) ??
      this.#better(setting, this.#ownField(setting), this.#kubeProxyField(setting))
    );
  }

  #better(
    { own, kubeProxy }: Setting,
    ours: Given | undefined,
    theirs: Given | undefined,
  ): Given | undefined {
    if (own && kubeProxy && ours && theirs && ours.text !== theirs.text) {
      this.ignored.push(`${theirs.name}: ${ours.name} sets the same, and counts`);
    }
    return ours ?? theirs;
  }

  #ownFlag({ own }: Setting): Given | undefined {
    const text = own?.flag && this.#flagText(own.flag);
    if (own?.flag === undefined || text === undefined) return undefined;
    return { text, where: own.flag, name: own.flag, level: "flag" };
  }

  #kubeProxyFlag({ kubeProxy }: Setting): Given | undefined {
    if (kubeProxy?.flag === undefined) return undefined;
    const found = this.#flagText(kubeProxy.flag);
    // `--cluster-cidr=$(CLUSTER_CIDR)` of a template whose variable is empty.
    const text = found === "" ? kubeProxy.emptyFlag : found;
    if (text === undefined) return undefined;
    const name = kubeProxy.flag;
    return this.#inOurWords(kubeProxy, { text, where: name, name, level: "flag" });
  }

  #ownField({ own }: Setting): Given | undefined {
    const written = own?.field === undefined ? undefined : this.#file.fields.get(own.field);
    return written && { ...written, name: own?.field ?? "", level: "file" };
  }

  #kubeProxyField({ kubeProxy }: Setting): Given | undefined {
    if (kubeProxy?.field === undefined) return undefined;
    const written = this.#file.fields.get(kubeProxy.field);
    if (written === undefined || written.text === "") return undefined;
    if (kubeProxy.zeroIsUnset && ZERO.test(written.text)) return undefined;
    return this.#inOurWords(kubeProxy, { ...written, name: kubeProxy.field, level: "file" });
  }

  #inOurWords({ inOurWords, values }: KubeProxyNames, given: Given): Given | undefined {
    if (inOurWords === undefined) return given;
    const text = inOurWords(given.text);
    if (text !== undefined) return { ...given, text };
    const message = `expected ${values}, found ${shown(given.text)}`;
    this.problems.push({ where: given.where, message });
    return undefined;
  }

  #flagText(flag: string): string | undefined {
    const value = this.#flags[flagKey(flag)];
    return value === undefined ? undefined : String(value);
  }
}

const SETTING_NAMES = Object.keys(SETTINGS).filter((name): name is SettingName => name in SETTINGS);

/** `0`, `0s`, `0m0s`. */
const ZERO = /^0(?:[a-zµ]+(?:0[a-zµ]+)*)?$/;

/** `--ipvs-min-sync-period` -> `ipvsMinSyncPeriod`, as commander does. */
export function flagKey(flag: string): string {
  return flag.slice(2).replaceAll(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

function refusedFlags(flags: ConfigFlags): readonly ConfigProblem[] {
  return REFUSED_FLAGS.flatMap(({ flag, message }) => {
    const value = flags[flagKey(flag)];
    const isOff = value === undefined || value === false || value === "false" || value === "";
    return isOff ? [] : [{ where: flag, message }];
  });
}

function ignoredFlags(flags: ConfigFlags): readonly string[] {
  return IGNORED_FLAGS.flatMap(({ flag }) => {
    const value = flags[flagKey(flag)];
    return value === undefined ? [] : ignoredFlag(flag, value);
  });
}
