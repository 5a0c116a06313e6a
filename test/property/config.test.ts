/** Laws of the configuration: whatever a file or a flag says, it is a configuration or a list of mistakes. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { ConfigError } from "../../src/config/config-error.ts";
import { flagKey } from "../../src/config/given-settings.ts";
import { loadConfig } from "../../src/config/load-config.ts";
import { SETTINGS, type Setting } from "../../src/config/settings.ts";
import { parseRange } from "../../src/model/range.ts";

const SETTING_LIST: readonly Setting[] = Object.values(SETTINGS);
const FIELDS = SETTING_LIST.flatMap(({ own, kubeProxy }) => [own?.field, kubeProxy?.field]).filter(
  (field) => field !== undefined,
);
const FLAGS = SETTING_LIST.flatMap(({ own, kubeProxy }) => [own?.flag, kubeProxy?.flag]).filter(
  (flag) => flag !== undefined,
);

const HEADERS = [
  { apiVersion: "kube-ipvs.io/v1alpha1", kind: "KubeIpvsConfiguration" },
  { apiVersion: "kubeproxy.config.k8s.io/v1alpha1", kind: "KubeProxyConfiguration" },
] as const;

/** Values that somebody may write where another one belongs. */
const word = fc.oneof(
  fc.constantFrom("", "0", "0s", "30s", "10.0.0.0/8", "fd00::/8", "::1", "true", "ipvs", "all"),
  fc.constantFrom("1.2.3.4:80", "-1", "none", "json", "NodeCIDR", ",", "https://a"),
  fc.string(),
);
const value = fc.oneof(word, fc.array(word, { maxLength: 3 }), fc.jsonValue({ maxDepth: 2 }));

function nested(fields: readonly (readonly [string, unknown])[]): Record<string, unknown> {
  const root: Record<string, unknown> = {};
  for (const [path, item] of fields) {
    const [first = "", second] = path.split(".");
    if (second === undefined) root[first] = item;
    else root[first] = { ...Object(root[first]), [second]: item };
  }
  return root;
}

async function outcome(flags: Record<string, string>, file: string): Promise<string> {
  const readFile = async (): Promise<string> => file;
  const outside = { env: {}, hostname: "node-a", readFile };
  try {
    const { ignored } = await loadConfig({ ...flags, config: "f.yaml" }, outside);
    return ignored.every((line) => /^\S+: \S/.test(line)) ? "config" : ignored.join("\n");
  } catch (err) {
    return err instanceof ConfigError && err.problems.length > 0 ? "mistakes" : String(err);
  }
}

test("whatever stands in the fields of a file and in the flags is a configuration or mistakes", async () => {
  const fields = fc.array(fc.tuple(fc.constantFrom(...FIELDS), value), { maxLength: 6 });
  const flags = fc.array(fc.tuple(fc.constantFrom(...FLAGS), word), { maxLength: 6 });
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...HEADERS), fields, flags, async (header, inFile, given) => {
      const file = JSON.stringify({ ...header, ...nested(inFile) });
      const named = Object.fromEntries(given.map(([flag, text]) => [flagKey(flag), text]));
      expect(["config", "mistakes"]).toContain(await outcome(named, file));
    }),
  );
});

test("any text at all is a configuration or mistakes", async () => {
  await fc.assert(
    fc.asyncProperty(fc.string(), async (text) => {
      expect(["config", "mistakes"]).toContain(await outcome({ manifests: "/m" }, text));
    }),
  );
});

test("a range of any address has one form, and that one stays as it is", () => {
  const v4 = fc.tuple(fc.ipV4(), fc.integer({ min: 0, max: 32 }));
  const v6 = fc.tuple(fc.ipV6(), fc.integer({ min: 0, max: 128 }));
  fc.assert(
    fc.property(fc.oneof(v4, v6), ([address, prefix]) => {
      const range = parseRange(`${address}/${prefix}`);
      // None of an IPv4-mapped IPv6 address, which is an IPv4 one.
      fc.pre(range !== undefined);
      expect(parseRange(range)).toBe(range);
      expect(range.endsWith(`/${prefix}`)).toBe(true);
    }),
  );
});
