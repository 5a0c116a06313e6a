/**
 * A table as text in the form of `ipvsadm --save --numeric`, which `ipvsadm --restore` reads. Pure.
 *
 * The lines are those of ipvsadm 1.31, sorted, with three differences where its own lines lose something:
 * thresholds are written (`-x`, `-y`), a flag that the scheduler does not read is written by its number
 * (`flag-3`), and a mark of 2^31 or more is not negative.
 */
import { unreachable } from "../base/assert.ts";
import { flagNames } from "../model/flag-names.ts";
import {
  type Destination,
  destinationId,
  type Persistence,
  type ServiceKey,
  type ServiceSettings,
  serviceFamily,
  serviceId,
  socketText,
  type TableEntry,
  type Tunnel,
} from "../model/virtual-service.ts";

/** One line for each virtual service, by id, followed by one for each of its destinations, by id. */
export function renderTable(entries: Iterable<TableEntry>): string {
  const sorted = [...entries]
    .map((entry) => ({ id: serviceId(entry.service.key), entry }))
    .sort((a, b) => (a.id < b.id ? -1 : 1));
  const lines: string[] = [];
  for (const { entry } of sorted) {
    const name = serviceOptions(entry.service.key);
    lines.push(`-A ${name} ${settingsOptions(entry.service.key, entry.service.settings)}`);
    for (const [, destination] of [...entry.destinations].sort(([a], [b]) => (a < b ? -1 : 1))) {
      lines.push(`-a ${name} ${destinationOptions(destination)}`);
    }
  }
  return lines.map((line) => `${line}\n`).join("");
}

const PROTOCOL_OPTIONS = { tcp: "-t", udp: "-u", sctp: "--sctp-service" } as const;

function serviceOptions(key: ServiceKey): string {
  if (!("mark" in key)) {
    return `${PROTOCOL_OPTIONS[key.protocol]} ${socketText(key.address, key.port)}`;
  }
  return key.family === "ipv6" ? `-f ${key.mark} -6` : `-f ${key.mark}`;
}

function settingsOptions(key: ServiceKey, settings: ServiceSettings): string {
  const { scheduler, schedulerFlags, onePacket, persistence } = settings;
  // `none` is the kernel's own word, and it takes it back.
  const words = ["-s", scheduler || "none"];
  if (persistence) words.push(...persistenceOptions(key, persistence));
  if (onePacket) words.push("-o");
  if (schedulerFlags.length > 0) {
    words.push("-b", flagNames({ scheduler, schedulerFlags }).join());
  }
  return words.join(" ");
}

function persistenceOptions(key: ServiceKey, persistence: Persistence): string[] {
  const { timeoutS, prefixLength, engine } = persistence;
  const words = ["-p", `${timeoutS}`];
  if (serviceFamily(key) === "ipv6") {
    if (prefixLength !== 128) words.push("-M", `${prefixLength}`);
  } else if (prefixLength !== 32) words.push("-M", netmask(prefixLength));
  if (engine !== "") words.push("--pe", engine);
  return words;
}

/** The dotted form of an IPv4 prefix length: 24 is `255.255.255.0`. */
function netmask(prefixLength: number): string {
  const bytes = [0, 8, 16, 24].map((start) => {
    const ones = Math.min(8, Math.max(0, prefixLength - start));
    return 256 - 2 ** (8 - ones);
  });
  return bytes.join(".");
}

/** As ipvsadm has it: a destination on the node itself is written like one that is routed to. */
const FORWARD_OPTIONS = {
  masquerade: "-m",
  tunnel: "-i",
  route: "-g",
  local: "-g",
  bypass: "-g",
} as const satisfies Record<Destination["forward"], string>;

function destinationOptions(destination: Destination): string {
  const { forward, weight, tunnel, upperThreshold, lowerThreshold } = destination;
  const words = ["-r", destinationId(destination), FORWARD_OPTIONS[forward], "-w", `${weight}`];
  if (tunnel) words.push("--tun-type", ...tunnelOptions(tunnel));
  if (upperThreshold > 0) words.push("-x", `${upperThreshold}`);
  if (lowerThreshold > 0) words.push("-y", `${lowerThreshold}`);
  return words.join(" ");
}

function tunnelOptions({ type, port, flags }: Tunnel): string[] {
  switch (type) {
    case "ipip":
      return [type];
    case "gre":
      return [type, checksumOption(flags)];
    case "gue":
      return [type, "--tun-port", `${port}`, checksumOption(flags)];
    default:
      return unreachable(type);
  }
}

/** `IP_VS_TUNNEL_ENCAP_FLAG_CSUM` and `_REMCSUM`; only one of them can be in force. */
function checksumOption(flags: number): string {
  if ((flags & 2) !== 0) return "--tun-remcsum";
  return (flags & 1) !== 0 ? "--tun-csum" : "--tun-nocsum";
}
