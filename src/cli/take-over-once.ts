/**
 * The take-over from kube-proxy inside a running agent: tried until nothing of kube-proxy is left, told in the
 * log, never the agent's end.
 */
import type { Logger } from "pino";
import type { Agent } from "../agent/agent.ts";
import { kubeProxyFrontends } from "../takeover/frontends.ts";
import type { IpSets } from "../takeover/ip-sets.ts";
import { REFUSING_CHAINS } from "../takeover/kube-proxy-names.ts";
import { type TakenOver, takeOver } from "../takeover/take-over.ts";
import type { CliContext } from "./context.ts";

/** First wait after a try that failed; it doubles with each further one. */
const RETRY_MS_FIRST = 1_000;

/** Longest wait between two tries, and the time after which what stays is looked for again. */
const RETRY_MS_MAX = 600_000;

/** What it needs. */
export interface TakeOverOnceOptions extends Pick<CliContext, "openTakeOver" | "clock"> {
  readonly inherit: Agent["inherit"];
  /** Told how many chains and IP sets of kube-proxy stay. */
  readonly onLeftovers: (count: number) => void;
  readonly log: Logger;
  /** Ends all waiting. */
  readonly signal: AbortSignal;
}

/** Does it, and says what came of it; where there is nothing to take over, nothing. Never rejects. */
export async function takeOverOnce(options: TakeOverOnceOptions): Promise<void> {
  const { clock, log, signal, onLeftovers } = options;
  const once = new TakeOverOnce(options);
  let retryMs = RETRY_MS_FIRST;
  do {
    let waitMs = RETRY_MS_MAX;
    try {
      const left = await once.attempt();
      onLeftovers(left);
      if (left === 0) return;
    } catch (err) {
      // The agent has ended: the next one begins anew.
      if (signal.aborted && err === signal.reason) return;
      waitMs = retryMs;
      retryMs = Math.min(2 * retryMs, RETRY_MS_MAX);
      log.warn(
        { err, retryInMs: waitMs },
        "kube-proxy's chains and IP sets could not be removed; it is tried again " +
          "(`kube-proxy --cleanup` is no way: it would empty the IPVS table)",
      );
    }
    await clock.sleep(waitMs, signal);
  } while (!signal.aborted);
}

/** One try after the other, and what was done and said so far. */
class TakeOverOnce {
  readonly #options: TakeOverOnceOptions;
  #hasInherited = false;
  #said = "";

  constructor(options: TakeOverOnceOptions) {
    this.#options = options;
  }

  /** Returns how much stays. */
  async attempt(): Promise<number> {
    const { openTakeOver, clock, signal } = this.#options;
    const kernel = openTakeOver();
    try {
      // Before the IP sets go: nothing else tells what kube-proxy made on addresses of the node.
      await this.#inherit(kernel.ipSets);
      const taken = await takeOver(kernel, { clock, signal });
      this.#report(taken);
      return taken.chainsInUse.length + taken.setsInUse.length;
    } finally {
      kernel.close();
    }
  }

  /** Once: what others make later is theirs, also where IP sets stay that name it. */
  async #inherit(ipSets: IpSets): Promise<void> {
    const { inherit, signal, log } = this.#options;
    if (this.#hasInherited) return;
    const virtualServices = await inherit(await kubeProxyFrontends(ipSets), signal);
    this.#hasInherited = true;
    if (virtualServices.length === 0) return;
    log.info(
      { virtualServices },
      "taken over from kube-proxy: its virtual services on addresses of this node that no Service " +
        "wants are removed",
    );
  }

  #report({ chains, chainsInUse, sets, setsInUse, commands }: TakenOver): void {
    const { log } = this.#options;
    if (chains.length + sets.length > 0) {
      log.info({ chains, sets }, "taken over from kube-proxy: its chains and IP sets are removed");
    }
    const stays = [...chainsInUse, ...setsInUse].join();
    if (stays === this.#said) return;
    this.#said = stays;
    if (commands.length > 0) {
      log.warn(
        { commands, setsInUse },
        `kube-proxy's chains of iptables-legacy cannot be removed from here, and ${CONSEQUENCE}; ` +
          "run these commands as root",
      );
    } else if (stays !== "") {
      const refuses = chainsInUse.some((chain) => REFUSING_CHAINS.has(chain.split(" ").at(-1)));
      log.warn(
        { chainsInUse, setsInUse },
        "these chains and IP sets of kube-proxy stay, because rules of others refer to them" +
          (refuses ? `, and ${CONSEQUENCE}` : ""),
      );
    }
  }
}

const CONSEQUENCE =
  "until they are gone they go on refusing what they refused when kube-proxy ended: ports that its " +
  "Services did not have, on addresses that they had, and clients outside of its source ranges";
