/** Where health and metrics are served, from what was given. */
import { type Address, familyOf, parseAddress } from "../model/address.ts";
import { CONFIG_DEFAULTS, type ListenAddress } from "./config.ts";
import type { SettingReader } from "./setting-reader.ts";
import { shown } from "./shown.ts";

/** The three addresses. */
export interface ListenSettings {
  readonly bindAddress: Address | undefined;
  readonly healthz: ListenAddress | undefined;
  readonly metrics: ListenAddress | undefined;
}

const PORT_MAX = 65_535;

/** Reads them; the family of the defaults is that of the bind address. */
export function readListen(reader: SettingReader): ListenSettings {
  const given = reader.given("bindAddress");
  const bindAddress = parseAddress(given?.text ?? CONFIG_DEFAULTS.bindAddress);
  if (bindAddress === undefined && given !== undefined) {
    const expected = "expected an IP address such as 0.0.0.0 or ::";
    reader.report(given.where, `${expected}, found ${shown(given.text)}`);
  }
  const isV6 = bindAddress !== undefined && familyOf(bindAddress) === "ipv6";
  const isUnspecified = bindAddress === "0.0.0.0" || bindAddress === "::";
  return {
    bindAddress: isUnspecified ? undefined : bindAddress,
    healthz: readAddress(reader, "healthz", isV6 ? "::" : "0.0.0.0"),
    metrics: readAddress(reader, "metrics", isV6 ? "::1" : "127.0.0.1"),
  };
}

function readAddress(
  reader: SettingReader,
  name: "healthz" | "metrics",
  fallback: Address,
): ListenAddress | undefined {
  const portName = `${name}Port` as const;
  const port = reader.integer(portName, CONFIG_DEFAULTS[portName], [0, PORT_MAX]);
  const given = reader.given(name);
  // Port 0 of the old flags, and the empty new flag, are kube-proxy's ways to say so.
  if (port === 0 || given?.text === "none") return undefined;
  if (given === undefined) return { host: fallback, port };
  const address = parseListen(given.text, port);
  if (address === undefined) {
    const examples = `${fallback}, 127.0.0.1:${port} or [::1]:${port}, or "none"`;
    reader.report(
      given.where,
      `expected an address such as ${examples}, found ${shown(given.text)}`,
    );
  }
  return address;
}

/** `10.0.0.1`, `10.0.0.1:80`, `::1`, `[::1]:80`. */
function parseListen(text: string, defaultPort: number): ListenAddress | undefined {
  const alone = parseAddress(text);
  if (alone !== undefined) return { host: alone, port: defaultPort };
  const [, v6, v4, digits] = /^(?:\[([^\]]+)\]|([^:]+)):(\d{1,5})$/.exec(text) ?? [];
  const host = parseAddress(v6 ?? v4 ?? "");
  const port = Number(digits);
  const isRight = host !== undefined && port >= 1 && port <= PORT_MAX;
  return isRight ? { host, port } : undefined;
}
