/**
 * The packet filter alone, in a fresh network namespace of the lab: the elements of all Services in one
 * transaction, then single ones, through our client and by bare libnftables with the same scripts.
 * Prints one line of JSON. Arguments: the floor's program, services.
 */
import { systemClock } from "../../src/base/clock.ts";
import { keepHeapSmall } from "../../src/base/small-heap.ts";
import type { FilterOperation } from "../../src/model/packet-filter.ts";
import { openPacketFilter } from "../../src/nft/nft-packet-filter.ts";
import { SURROUNDINGS } from "../fakes/agent-surroundings.ts";
import { endpointAddress, serviceAddress } from "./cluster.ts";
import { addedElement, nftFloorTimes } from "./nft-floor-times.ts";
import { spread } from "./spread.ts";

/** Single elements that are timed. */
const SINGLES = 50;

keepHeapSmall();
const [floor = "", services = "1000"] = process.argv.slice(2);
const count = Number(services);
const settings = SURROUNDINGS.filterSettings([]);
const all = Array.from({ length: count }, (_, service) => elementsOf(service)).flat();
const singles = Array.from({ length: SINGLES }, (_, i) => [hairpin(count + i)]);

const floorMs = await nftFloorTimes(floor, [all, ...singles]);
const ourMs = await ourTimes();
process.stdout.write(
  `${JSON.stringify({ elements: all.length, floor: inShort(floorMs), ours: inShort(ourMs) })}\n`,
);

/** A Service with an external address and an endpoint on this node. */
function elementsOf(service: number): FilterOperation[] {
  const address = serviceAddress(service);
  return [
    addedElement("service-addresses", address),
    addedElement("masqueraded", `${address} . tcp . 80`),
    hairpin(service),
  ];
}

function hairpin(service: number): FilterOperation {
  const address = endpointAddress(service, 0);
  return addedElement("hairpin", `${address} . ${address}`);
}

/** The time of all elements, then of each single one. */
async function ourTimes(): Promise<number[]> {
  const filter = openPacketFilter({ clock: systemClock });
  filter.configure(settings);
  await filter.replace([]);
  const times: number[] = [];
  for (const operations of [all, ...singles]) {
    const startMs = performance.now();
    const refused = await filter.write(operations);
    times.push(performance.now() - startMs);
    if (refused.length > 0) throw new Error(refused[0]?.message);
  }
  filter.close();
  return times;
}

function inShort([allMs = Number.NaN, ...singleMs]: readonly number[]) {
  return { allMs, single: spread(singleMs) };
}
