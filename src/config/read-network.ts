/** Which traffic is of this side, and where node ports are served, from what was given. */
import { didYouMean } from "../base/nearest-word.ts";
import { familyOf } from "../model/address.ts";
import type { NodePortAddresses } from "../model/node-port-addresses.ts";
import { isWhole, parseRange, type Range } from "../model/range.ts";
import type { DetectLocal } from "./config.ts";
import type { SettingReader } from "./setting-reader.ts";
import { shown } from "./shown.ts";

const DETECT_LOCAL_MODES = [
  "ClusterCIDR",
  "NodeCIDR",
  "BridgeInterface",
  "InterfaceNamePrefix",
] as const;

/** Longest name of a network interface (`IFNAMSIZ` of <linux/if.h> counts the end mark). */
const INTERFACE_NAME_BYTES_MAX = 15;

/** Reads the mode, and what it needs. */
export function readDetectLocal(reader: SettingReader): DetectLocal {
  const mode = reader.word("detectLocalMode", DETECT_LOCAL_MODES, "ClusterCIDR");
  const ranges = readClusterRanges(reader);
  const bridge = readInterface(reader, "bridgeInterface");
  const prefix = readInterface(reader, "interfacePrefix");
  const where = reader.given("detectLocalMode")?.where ?? "--detect-local-mode";
  if (mode === "NodeCIDR") return { mode: "node-cidr" };
  if (mode === "BridgeInterface") {
    const names = "(detectLocal.bridgeInterface, --pod-bridge-interface)";
    if (bridge === "")
      reader.report(where, `BridgeInterface needs the name of the bridge ${names}`);
    return { mode: "bridge", interface: bridge };
  }
  if (mode === "InterfaceNamePrefix") {
    const names = "(detectLocal.interfaceNamePrefix, --pod-interface-name-prefix)";
    if (prefix === "") reader.report(where, `InterfaceNamePrefix needs the prefix ${names}`);
    return { mode: "interface-prefix", prefix };
  }
  return ranges.length === 0 ? { mode: "none" } : { mode: "cluster-cidr", ranges };
}

/** One range, or one of each family. */
function readClusterRanges(reader: SettingReader): readonly Range[] {
  const ranges = reader.ranges("clusterRanges");
  const families = new Set(ranges.map(familyOf));
  if (ranges.length > families.size) {
    const found = shown(reader.given("clusterRanges")?.text);
    const where = reader.given("clusterRanges")?.where ?? "";
    reader.report(where, `expected one range, or one of IPv4 and one of IPv6, found ${found}`);
  }
  return ranges;
}

function readInterface(reader: SettingReader, name: "bridgeInterface" | "interfacePrefix"): string {
  const given = reader.given(name);
  if (given === undefined) return "";
  const isName = /^[^\s/:"*]+$/.test(given.text);
  if (!isName || Buffer.byteLength(given.text) > INTERFACE_NAME_BYTES_MAX) {
    const expected = `expected a name of at most ${INTERFACE_NAME_BYTES_MAX} bytes such as cni0`;
    reader.report(given.where, `${expected}, found ${shown(given.text)}`);
  }
  return given.text;
}

const NODE_PORT_WORDS = ["primary", "localhost", "all"] as const;

/** Reads the ranges and words. */
export function readNodePortAddresses(reader: SettingReader): NodePortAddresses {
  const words = new Set<string>();
  const ranges = new Set<Range>();
  for (const word of reader.list("nodePortAddresses")) {
    const range = parseRange(word);
    if (range !== undefined) ranges.add(range);
    else if (NODE_PORT_WORDS.some((known) => known === word)) words.add(word);
    else {
      const hint = didYouMean(word, NODE_PORT_WORDS);
      const expected = `expected ranges such as 10.0.0.0/8, or ${NODE_PORT_WORDS.join(", ")}`;
      const where = reader.given("nodePortAddresses")?.where ?? "";
      reader.report(where, `${expected}; found ${shown(word)}${hint}`);
    }
  }
  const selected = words.size > 0 ? [...ranges] : withoutWholeFamilies([...ranges]);
  if (words.has("all") || (words.size === 0 && selected.length === 0)) return { kind: "all" };
  // IPVS serves no loopback address, so that nothing is in these; but they say that not all are wanted.
  const loopback = words.has("localhost") ? LOOPBACK_RANGES : [];
  const primary = words.has("primary");
  return { kind: "selected", primary, ranges: [...selected, ...loopback] };
}

const LOOPBACK_RANGES: readonly Range[] = ["127.0.0.0/8", "::1/128"];

/** A family without a range is served everywhere, and that is what its /0 says, too. */
function withoutWholeFamilies(ranges: readonly Range[]): readonly Range[] {
  const whole = new Set(ranges.filter(isWhole).map(familyOf));
  return ranges.filter((range) => !whole.has(familyOf(range)));
}
