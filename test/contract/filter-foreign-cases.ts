/** The contract about what others do to the ruleset. */
import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import type { PacketFilter } from "../../src/nft/packet-filter.ts";
import type { ContractCase } from "./contract-case.ts";
import { holds, type WithFilter, write } from "./filter-case.ts";
import { adding, deleting, element, everything, hairpins } from "./filter-samples.ts";

/** A change of others is told within so long. */
const TOLD_MS_MAX = 5_000;
const POLL_MS = 20;

/** Longer than anybody would wait for what is told of a change. */
const HELD_UP_MS = 300;
const HELD_UP_TURNS = 3;
const HELD_UP_ROUNDS = 2;
/** What is told of them is many datagrams. */
const ELEMENTS_TOLD = 3_000;

/** All cases of this file. */
export function foreignCases(withFilter: WithFilter): ContractCase[] {
  return [
    {
      name: "our own changes are not told as those of others",
      run: withFilter(async ({ filter }) => {
        const told = listen(filter);
        await filter.replace([]);
        await write(filter, adding(everything()));
        await write(filter, deleting([element("hairpin", "ipv4")]));
        await sleep(TOLD_MS_MAX / 10);
        assert.equal(told(), 0);
      }),
    },
    {
      name: "nor are they where the process is held up when it is told of them",
      run: withFilter(async ({ filter }) => {
        const told = listen(filter);
        await filter.replace([]);
        const some = hairpins(ELEMENTS_TOLD);
        for (let round = 0; round < HELD_UP_ROUNDS; round++) {
          await write(filter, adding(some));
          for (let turn = 0; turn < HELD_UP_TURNS; turn++) await holdUp();
          await write(filter, deleting(some));
          await holdUp();
        }
        await sleep(TOLD_MS_MAX / 10);
        assert.equal(told(), 0);
      }),
    },
    {
      name: "a flushed ruleset is told, and made again it is empty",
      run: withFilter(async ({ filter, flushRuleset }) => {
        await filter.replace([]);
        await write(filter, adding(everything()));
        await untilTold(filter, flushRuleset);
        assert.deepEqual(await filter.read(), { tables: "other", objects: [] });
        await filter.replace([]);
        await holds(filter, []);
      }),
    },
    {
      name: "an element that somebody takes out is told, and missing from what is read",
      run: withFilter(async ({ filter, takeOut }) => {
        await filter.replace([]);
        const [gone, stays] = [element("hairpin", "ipv4"), element("hairpin", "ipv6")];
        await write(filter, adding([gone, stays]));
        await untilTold(filter, () => takeOut(gone));
        await holds(filter, [stays]);
      }),
    },
  ];
}

/** The event loop does nothing for a while, and then goes round once. */
async function holdUp(): Promise<void> {
  const startMs = performance.now();
  while (performance.now() - startMs < HELD_UP_MS);
  await sleep(1);
}

function listen(filter: PacketFilter): () => number {
  let count = 0;
  filter.onForeignChange(() => {
    count += 1;
  });
  return () => count;
}

async function untilTold(filter: PacketFilter, change: () => Promise<void>): Promise<void> {
  const told = listen(filter);
  await change();
  const startMs = performance.now();
  while (told() === 0) {
    assert.ok(performance.now() - startMs < TOLD_MS_MAX, "nobody told of the change");
    await sleep(POLL_MS);
  }
}
