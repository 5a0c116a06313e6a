/** Which kernel the lab runs on: the machine's own where that has IPVS, else a User-Mode Linux one. */
import { ask } from "./command.mjs";

/** Loaded where they are modules and not there yet; failures show in the probe. */
const MODULES = ["ip_vs", "ip_vs_rr", "ip_vs_lc", "ip_vs_dh", "ip_vs_sh", "ip_vs_sed", "ip_vs_nq"];
const PROBE = [
  "test -e /proc/net/ip_vs",
  "ip link add lab0 type dummy",
  "ip link add lab1 type veth peer name lab2",
].join(" && ");

/** @typedef {"namespace" | "uml"} Engine */

/** @type {Promise<Engine> | undefined} */
let chosen;

/**
 * The engine for this machine and user; KUBE_IPVS_LAB=namespace or =uml says it instead.
 *
 * @returns {Promise<Engine>}
 */
export function chooseEngine() {
  chosen ??= choose();
  return chosen;
}

/** @returns {Promise<Engine>} */
async function choose() {
  const forced = process.env["KUBE_IPVS_LAB"];
  if (forced === "namespace" || forced === "uml") return forced;
  if (process.getuid?.() !== 0) return "uml";
  await ask("modprobe", ["-q", "-a", ...MODULES]);
  // The same flags as a run of the lab uses: some containers forbid one of them.
  const unshare = ["--net", "--mount", "--pid", "--fork", "sh", "-c", PROBE];
  return (await ask("unshare", unshare)) === undefined ? "uml" : "namespace";
}
