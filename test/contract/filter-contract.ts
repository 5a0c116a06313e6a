/**
 * The contract of `PacketFilter`: one suite that runs against the fake in every test run and against the
 * real nftables in the lab, so that the fake cannot drift from the truth.
 */
import assert from "node:assert/strict";
import type { FilterSettings } from "../../src/nft/packet-filter.ts";
import type { ContractCase } from "./contract-case.ts";
import { holds, type OpenFilter, type WithFilter, write } from "./filter-case.ts";
import { foreignCases } from "./filter-foreign-cases.ts";
import { adding, chain, deleting, element, everything, hairpins } from "./filter-samples.ts";

const SETTINGS: FilterSettings = {
  masqueradeBit: 14,
  masqueradeAll: false,
  localClients: { kind: "ranges", ranges: ["10.1.0.0/16", "fd00:1::/48"] },
};

const OTHER_RANGES: FilterSettings = {
  ...SETTINGS,
  localClients: { kind: "ranges", ranges: ["10.2.0.0/16", "fd00:2::/48", "fd00:3::/48"] },
};

/** Of each way to tell clients of this side, and of everything else that changes rules. */
const OTHER_SETTINGS: readonly FilterSettings[] = [
  { ...SETTINGS, masqueradeAll: true },
  { ...SETTINGS, masqueradeBit: 31 },
  { ...SETTINGS, localClients: { kind: "interface", name: "cni0" } },
  { ...SETTINGS, localClients: { kind: "interface-prefix", prefix: "veth" } },
  { ...SETTINGS, localClients: { kind: "none" } },
];

/** All cases. `open` gives a ruleset without ours to each. */
export function filterContract(open: () => Promise<OpenFilter>): ContractCase[] {
  const withFilter: WithFilter = (body) => async () => {
    const opened = await open();
    opened.filter.configure(SETTINGS);
    try {
      await body(opened);
    } finally {
      await opened.dispose();
    }
  };
  return [...baseCases(withFilter), ...writeCases(withFilter), ...foreignCases(withFilter)].map(
    ({ name, run }) => ({ name: `packet filter: ${name}`, run }),
  );
}

function baseCases(withFilter: WithFilter): ContractCase[] {
  return [
    {
      name: "tables that are not there hold nothing, and are made with all that they are to hold",
      run: withFilter(async ({ filter }) => {
        assert.deepEqual(await filter.read(), { tables: "other", objects: [] });
        await filter.replace([]);
        await holds(filter, []);
        await filter.replace(everything());
        await holds(filter, everything());
      }),
    },
    {
      name: "tables made anew hold what they are given, and nothing of before",
      run: withFilter(async ({ filter }) => {
        await filter.replace(everything());
        const one = element("hairpin", "ipv4");
        await filter.replace([one]);
        await holds(filter, [one]);
      }),
    },
    {
      name: "where the kernel refuses what new tables are to hold, the old ones stay",
      run: withFilter(async ({ filter }) => {
        await filter.replace(everything());
        const jump = element("source-ranges", "ipv4");
        await assert.rejects(filter.replace([jump]), { code: "REFUSED" });
        await holds(filter, everything());
      }),
    },
    {
      name: "other ranges of pods are put in place of the old ones, and everything else stays",
      run: withFilter(async ({ filter }) => {
        await filter.replace(everything());
        filter.configure(OTHER_RANGES);
        const { tables, objects } = await filter.read();
        assert.equal(tables, "other-ranges");
        assert.equal(objects.length, everything().length);
        await filter.setPodRanges();
        await holds(filter, everything());
      }),
    },
    ...OTHER_SETTINGS.map((settings) => ({
      name: `other settings make other rules, and what is held is read before: ${JSON.stringify(settings)}`,
      run: withFilter(async ({ filter }) => {
        await filter.replace(everything());
        filter.configure(settings);
        const { tables, objects } = await filter.read();
        assert.equal(tables, "other");
        assert.equal(objects.length, everything().length);
        await filter.replace(objects);
        await holds(filter, everything());
      }),
    })),
  ];
}

function writeCases(withFilter: WithFilter): ContractCase[] {
  return [
    {
      name: "every kind of object is read back as it was written, and goes when it is deleted",
      run: withFilter(async ({ filter }) => {
        await filter.replace([]);
        const all = everything();
        await write(filter, adding(all));
        await holds(filter, all);
        await write(filter, deleting(all));
        await holds(filter, []);
      }),
    },
    {
      name: "what is there already may be added again",
      run: withFilter(async ({ filter }) => {
        await filter.replace([]);
        const one = element("no-endpoints", "ipv4");
        await write(filter, adding([one]));
        await write(filter, adding([one]));
        await holds(filter, [one]);
      }),
    },
    {
      name: "another value takes the place of the old one in one transaction",
      run: withFilter(async ({ filter }) => {
        await filter.replace([]);
        const before = element("no-endpoints", "ipv6");
        const after = { ...before, value: "drop" };
        await write(filter, adding([before]));
        await write(filter, [...deleting([before]), ...adding([after])]);
        await holds(filter, [after]);
      }),
    },
    {
      name: "of a transaction with one bad operation nothing is done",
      run: withFilter(async ({ filter }) => {
        await filter.replace([]);
        const good = element("masqueraded", "ipv4");
        const absent = element("hairpin", "ipv4");
        const failures = await filter.write([...adding([good]), ...deleting([absent])]);
        assert.ok(
          failures.some(({ code }) => code === "ENOENT"),
          JSON.stringify(failures),
        );
        await holds(filter, []);
      }),
    },
    {
      name: "a chain that something still jumps to does not go",
      run: withFilter(async ({ filter }) => {
        await filter.replace([]);
        const held = [chain("ipv4"), element("source-ranges", "ipv4")];
        await write(filter, adding(held));
        assert.ok((await filter.write(deleting([chain("ipv4")]))).length > 0);
        await holds(filter, held);
      }),
    },
    {
      name: "a chain with all sources, and one with a single one, are read back",
      run: withFilter(async ({ filter }) => {
        await filter.replace([]);
        const chains = [chain("ipv4", ["0.0.0.0/0"]), chain("ipv6", ["fd00::1/128"])];
        await write(filter, adding(chains));
        await holds(filter, chains);
      }),
    },
    {
      name: "2,000 elements are one call",
      run: withFilter(async ({ filter }) => {
        await filter.replace([]);
        const many = hairpins(2_000);
        await write(filter, adding(many));
        await holds(filter, many);
      }),
    },
  ];
}
