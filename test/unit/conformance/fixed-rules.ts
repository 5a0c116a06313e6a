/** The fixed rules of the packet filter: which chains there are, where they hook in, and what masquerades. */
import { expect } from "vitest";
import { baseChains } from "../../../src/nft/base-chains.ts";
import { BASE_SETS } from "../../../src/nft/base-sets.ts";
import type { ConformanceCase } from "./conformance-case.ts";

const SETTINGS = {
  masqueradeBit: 14,
  masqueradeAll: false,
  localClients: { kind: "ranges", ranges: ["10.0.0.0/8", "fd00::/8"] },
} as const;

const FAMILIES = ["ipv4", "ipv6"] as const;

/** All words of `pattern`'s group in the rules of a family. */
function named(family: "ipv4" | "ipv6", pattern: RegExp): string[] {
  const rules = baseChains(family, SETTINGS).flatMap((chain) => chain.rules);
  return rules.flatMap(({ text }) => [...text.matchAll(pattern)].map(([, name = ""]) => name));
}

/** All of them. */
export const fixedRuleCases: readonly ConformanceCase[] = [
  {
    name: "connections that are marked for masquerade get a random port, in both families",
    upstream: ["TestMasqueradeRule"],
    run: () => {
      for (const family of FAMILIES) {
        const chain = baseChains(family, SETTINGS).find(({ name }) => name === "postrouting");
        expect(chain?.hook).toEqual({ type: "nat", hook: "postrouting", priority: 100 });
        const texts = chain?.rules.map(({ text }) => text) ?? [];
        const byMark = texts.filter((text) => text.includes("mark & 0x00004000 == 0x00004000"));
        expect(byMark).toEqual([
          expect.stringMatching(/^ct mark .* masquerade fully-random$/),
          expect.stringMatching(/^meta mark .* masquerade fully-random$/),
        ]);
      }
    },
  },
  {
    name: "the chains are there in their order, and every rule leads to a chain and a set that is there",
    upstream: ["TestCreateAndLinkKubeChain"],
    run: () => {
      for (const family of FAMILIES) {
        const chains = baseChains(family, SETTINGS);
        const shown = chains.map(({ name, hook }) =>
          hook ? `${name} ${hook.type} ${hook.hook} ${hook.priority}` : name,
        );
        expect(shown).toEqual([
          "refuse",
          "input filter input 98",
          "input-from-cluster",
          "input-new",
          "input-after filter input 110",
          "output filter output -100",
          "output-marked",
          "output-new",
          "output-after filter output -90",
          "prerouting nat prerouting -101",
          "output-nat nat output -101",
          "postrouting nat postrouting 100",
        ]);
        const names = chains.map(({ name }) => name);
        const sets: string[] = BASE_SETS.map(({ name }) => name);
        expect(names).toEqual(expect.arrayContaining(named(family, /\b(?:jump|goto) ([\w-]+)/g)));
        expect(sets).toEqual(expect.arrayContaining(named(family, /@([a-z-]+)/g)));
        const withoutHook = chains.filter(({ hook }) => !hook).map(({ name }) => name);
        expect(named(family, /\b(?:jump|goto) ([\w-]+)/g)).toEqual(
          expect.arrayContaining(withoutHook),
        );
      }
    },
  },
];
