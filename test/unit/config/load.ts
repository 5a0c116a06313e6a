/** Loads a configuration from values instead of a machine, and tells its mistakes as lines. */
import { expect } from "vitest";
import type { Config } from "../../../src/config/config.ts";
import { ConfigError, type ConfigProblem } from "../../../src/config/config-error.ts";
import type { ConfigFlags } from "../../../src/config/given-settings.ts";
import { loadConfig } from "../../../src/config/load-config.ts";

/** The first lines of a file of our own kind. */
export const HEADER = "apiVersion: kube-ipvs.io/v1alpha1\nkind: KubeIpvsConfiguration\n";

/** What there is to load from. */
export interface Sources {
  readonly flags?: ConfigFlags;
  readonly file?: string;
  readonly env?: Record<string, string>;
  readonly hostname?: string;
}

/** Loads it; the file is called `kube-ipvs.yaml`. */
export function load(sources: Sources): Promise<Config> {
  const { flags = {}, file, env = {}, hostname = "Node-A" } = sources;
  const readFile = async (): Promise<string> => {
    if (file === undefined) throw new Error("no such file");
    return file;
  };
  const config = file === undefined ? {} : { config: "kube-ipvs.yaml" };
  return loadConfig({ ...config, ...flags }, { env, hostname, readFile });
}

/** Every mistake as `where: message`; fails when there is none. */
export async function problems(sources: Sources): Promise<readonly string[]> {
  const err: unknown = await load(sources).catch((caught: unknown) => caught);
  if (!(err instanceof ConfigError)) throw new Error("expected a ConfigError");
  expect(err.message.split("\n")).toEqual(err.problems.map(problemText));
  return err.problems.map(problemText);
}

/** `where: message`. */
export function problemText({ where, message }: ConfigProblem): string {
  return `${where}: ${message}`;
}
