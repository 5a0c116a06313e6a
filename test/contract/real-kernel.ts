/**
 * The contract on a real kernel as a program of its own: run inside the lab's guest or a network
 * namespace, never where an IPVS table is in use. Prints one JSON line a case: name, ok, ms, error.
 */
import { ipvsContract } from "./ipvs-contract.ts";
import { openRealKernel } from "./open-real-kernel.ts";

for (const { name, run } of ipvsContract(openRealKernel)) {
  const startMs = performance.now();
  let error: string | undefined;
  try {
    await run();
  } catch (err) {
    error = err instanceof Error ? (err.stack ?? err.message) : String(err);
    process.exitCode = 1;
  }
  const ms = Math.round(performance.now() - startMs);
  process.stdout.write(`${JSON.stringify({ name, ok: error === undefined, ms, error })}\n`);
}
