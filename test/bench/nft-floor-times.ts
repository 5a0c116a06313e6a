/** What bare libnftables needs for elements of the packet filter: the floor of our client. */
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import type { FilterOperation, FilterSet } from "../../src/model/packet-filter.ts";
import { operationScript } from "../../src/nft/element-text.ts";
import { baseOf, baseScript } from "../../src/nft/ruleset.ts";
import { SURROUNDINGS } from "../fakes/agent-surroundings.ts";

const SETTINGS = SURROUNDINGS.filterSettings([]);

/** One element of IPv4. */
export function addedElement(set: FilterSet, key: string): FilterOperation {
  return { kind: "add-filter", object: { kind: "element", family: "ipv4", set, key, value: "" } };
}

/** Milliseconds of each transaction, one after the other on our empty tables; `program` is `nft-floor`. */
export async function nftFloorTimes(
  program: string,
  transactions: readonly (readonly FilterOperation[])[],
): Promise<readonly number[]> {
  const folder = mkdtempSync(join(tmpdir(), "nft-floor-"));
  try {
    const base = (["ipv4", "ipv6"] as const).map((family) => baseScript(baseOf(family, SETTINGS)));
    const scripts = [base.join(""), ...transactions.map(operationScript)];
    const paths = scripts.map((script, number) => {
      const path = join(folder, String(number));
      writeFileSync(path, script);
      return path;
    });
    const { stdout } = await promisify(execFile)(program, paths);
    return (JSON.parse(stdout) as { readonly ms: readonly number[] }).ms;
  } finally {
    rmSync(folder, { recursive: true });
  }
}
