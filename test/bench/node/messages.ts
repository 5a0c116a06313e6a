/** How many messages of IPVS an agent has sent, by its own metrics: the kernel does not count them. */

const METRICS = "http://127.0.0.1:10249/metrics";
const OPERATIONS =
  /^kube_ipvs_operations_total\{[^}]*kind="(?:add|set|delete)-(?:service|destination)"[^}]*\} (\d+)$/gm;

/** So far. */
export async function ipvsMessages(): Promise<number> {
  const text = await (await fetch(METRICS)).text();
  return [...text.matchAll(OPERATIONS)].reduce((sum, [, count]) => sum + Number(count), 0);
}
