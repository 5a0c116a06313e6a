/** A node as kube-proxy left it: listings of nftables, IP sets, and what was done to them. */
import type { OpenTakeOver } from "../../src/cli/context.ts";
import type { Destroyed, SetMember } from "../../src/takeover/ip-sets.ts";

/** What is there; nothing by default. */
export interface LeftoversOptions {
  /** `nft --json` listings by their words, such as `table ip nat`. */
  readonly listings?: Readonly<Record<string, unknown>>;
  readonly sets?: readonly string[];
  /** What is in a set; nothing by default. */
  readonly members?: Readonly<Record<string, readonly Partial<SetMember>[]>>;
  /** Sets that rules refer to, with the number of tries after which they no longer do. */
  readonly inUse?: Readonly<Record<string, number>>;
  /** Tables of the old iptables. */
  readonly legacy?: readonly string[];
}

/** Answers from its options, and keeps what it was told to do. */
export class Leftovers implements OpenTakeOver {
  readonly did: string[] = [];
  readonly #options: LeftoversOptions;
  readonly #tries = new Map<string, number>();
  readonly #destroyed = new Set<string>();
  isClosed = false;

  constructor(options: LeftoversOptions = {}) {
    this.#options = options;
  }

  readonly ipSets = {
    names: async (): Promise<string[]> =>
      (this.#options.sets ?? []).filter((name) => !this.#destroyed.has(name)),
    members: async (name: string): Promise<SetMember[]> => {
      const found = this.#destroyed.has(name) ? [] : (this.#options.members?.[name] ?? []);
      const nothing = { address: undefined, port: undefined, protocol: undefined };
      return found.map((member) => ({ ...nothing, ...member }));
    },
    destroy: async (name: string): Promise<Destroyed> => {
      const tries = this.#tries.get(name) ?? 0;
      this.#tries.set(name, tries + 1);
      if (tries < (this.#options.inUse?.[name] ?? 0)) return "in-use";
      this.#destroyed.add(name);
      this.did.push(`destroy ${name}`);
      return "destroyed";
    },
    close: (): void => {},
  };

  list(words: string): Promise<unknown> {
    return Promise.resolve(this.#options.listings?.[words]);
  }

  async runScript(script: string): Promise<void> {
    this.did.push(...script.trimEnd().split("\n"));
  }

  async legacyTables(family: "ip" | "ip6"): Promise<readonly string[]> {
    return family === "ip" ? (this.#options.legacy ?? []) : [];
  }

  close(): void {
    this.isClosed = true;
  }
}
