/**
 * The kernel's IPVS table as /proc shows it: an eye on the kernel that has nothing of kube-ipvs in it
 * and costs a fraction of a millisecond. Both families, all protocols, firewall marks.
 */
import { readFileSync } from "node:fs";

const PATH = "/proc/net/ip_vs";

/** One destination. */
export interface TableDestination {
  readonly weight: number;
  readonly active: number;
  readonly inactive: number;
}

/** One virtual service. */
export interface TableService {
  readonly scheduler: string;
  /** What follows the scheduler, such as `persistent 10800 FFFFFFFF`. */
  readonly options: string;
  /** By `10.1.0.1:8080` or `[fd00:1::1]:8080`. */
  readonly destinations: ReadonlyMap<string, TableDestination>;
}

/**
 * All virtual services, by `tcp/10.96.0.10:80`, `udp/[fd00:96::a]:53` or `mark/1795162113`; or those of some IPv4
 * addresses, which is much cheaper where there are very many.
 */
export function ipvsTable(addresses?: readonly string[]): ReadonlyMap<string, TableService> {
  const table = new Map<string, TableService>();
  const wanted = addresses?.map((address) => ` ${hexOf(address)}:`);
  let isWanted = true;
  let destinations = new Map<string, TableDestination>();
  // Three lines of titles.
  for (const line of readFileSync(PATH, "latin1").split("\n").slice(3)) {
    if (!line.startsWith(" ")) isWanted = wanted?.some((one) => line.includes(one)) ?? true;
    if (!isWanted) continue;
    const words = line.trim().split(/ +/);
    if (words[0] === "->") {
      const [, where = "", , weight, active, inactive] = words;
      destinations.set(socketOf(where), {
        weight: Number(weight),
        active: Number(active),
        inactive: Number(inactive),
      });
    } else if (words.length > 2) {
      const [protocol = "", where = "", scheduler = "", ...options] = words;
      const id =
        protocol === "FWM"
          ? `mark/${Number.parseInt(where, 16)}`
          : `${protocol.toLowerCase()}/${socketOf(where)}`;
      // A mark has a service of each family, and only their destinations tell which is which.
      destinations = new Map(table.get(id)?.destinations);
      table.set(id, { scheduler, options: options.join(" "), destinations });
    }
  }
  return table;
}

/** `0A60000A` for 10.96.0.10. */
function hexOf(address: string): string {
  const bytes = address.split(".").map((byte) => Number(byte).toString(16).padStart(2, "0"));
  return bytes.join("").toUpperCase();
}

/** `0A60000A:0050` and `[fd00:0096:0000:0000:0000:0000:0000:000a]:0050` as people write them. */
function socketOf(text: string): string {
  const at = text.lastIndexOf(":");
  const port = Number.parseInt(text.slice(at + 1), 16);
  if (text.startsWith("[")) return `${new URL(`http://${text.slice(0, at)}`).hostname}:${port}`;
  const bytes = text.slice(0, at).match(/../g) ?? [];
  return `${bytes.map((byte) => Number.parseInt(byte, 16)).join(".")}:${port}`;
}
