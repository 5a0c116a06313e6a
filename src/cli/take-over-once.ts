/** The take-over from kube-proxy inside a running agent: tried once, told in the log, never its end. */
import type { Logger } from "pino";
import { type TakenOver, takeOver } from "../takeover/take-over.ts";
import type { CliContext, OpenTakeOver } from "./context.ts";

/** Does it, and says what came of it; where there is nothing to take over, nothing. Never rejects. */
export async function takeOverOnce(
  { openTakeOver, clock, signal }: Pick<CliContext, "openTakeOver" | "clock" | "signal">,
  log: Logger,
): Promise<void> {
  let kernel: OpenTakeOver | undefined;
  try {
    kernel = openTakeOver();
    report(await takeOver(kernel, { clock, signal }), log);
  } catch (err) {
    log.warn(
      { err },
      "kube-proxy's chains and IP sets could not be removed; they stay until a restart of " +
        "kube-ipvs succeeds (`kube-proxy --cleanup` is no way: it would empty the IPVS table)",
    );
  } finally {
    kernel?.close();
  }
}

function report(taken: TakenOver, log: Logger): void {
  const { chains, chainsInUse, sets, setsInUse, commands } = taken;
  if (chains.length + sets.length > 0) {
    log.info({ chains, sets }, "taken over from kube-proxy: its chains and IP sets are removed");
  }
  if (commands.length > 0) {
    log.warn(
      { commands, setsInUse },
      "kube-proxy's chains of iptables-legacy cannot be removed from here; run these commands as root",
    );
  } else if (chainsInUse.length + setsInUse.length > 0) {
    log.warn(
      { chainsInUse, setsInUse },
      "these chains and IP sets of kube-proxy stay, because rules of others refer to them",
    );
  }
}
