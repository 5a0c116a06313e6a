/**
 * The packet filter alone, in a fresh network namespace of the lab: the elements of all Services in one
 * transaction, then single ones, through our client and by bare libnftables with the same scripts.
 * Prints one line of JSON. Arguments: the floor's program, services.
 */
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { systemClock } from "../../src/base/clock.ts";
import { keepHeapSmall } from "../../src/base/small-heap.ts";
import type { FilterOperation, FilterSet } from "../../src/model/packet-filter.ts";
import { operationScript } from "../../src/nft/element-text.ts";
import { openPacketFilter } from "../../src/nft/nft-packet-filter.ts";
import { baseOf, baseScript } from "../../src/nft/ruleset.ts";
import { SURROUNDINGS } from "../fakes/agent-surroundings.ts";
import { endpointAddress, serviceAddress } from "./cluster.ts";
import { spread } from "./spread.ts";

/** Single elements that are timed. */
const SINGLES = 50;

keepHeapSmall();
const [floor = "", services = "1000"] = process.argv.slice(2);
const count = Number(services);
const settings = SURROUNDINGS.filterSettings([]);
const all = Array.from({ length: count }, (_, service) => elementsOf(service)).flat();
const singles = Array.from({ length: SINGLES }, (_, i) => [hairpin(count + i)]);

const floorMs = await floorTimes();
const ourMs = await ourTimes();
process.stdout.write(
  `${JSON.stringify({ elements: all.length, floor: inShort(floorMs), ours: inShort(ourMs) })}\n`,
);

/** A Service with an external address and an endpoint on this node. */
function elementsOf(service: number): FilterOperation[] {
  const address = serviceAddress(service);
  return [
    added("service-addresses", address),
    added("masqueraded", `${address} . tcp . 80`),
    hairpin(service),
  ];
}

function hairpin(service: number): FilterOperation {
  const address = endpointAddress(service, 0);
  return added("hairpin", `${address} . ${address}`);
}

function added(set: FilterSet, key: string): FilterOperation {
  return { kind: "add-filter", object: { kind: "element", family: "ipv4", set, key, value: "" } };
}

/** The time of all elements, then of each single one. */
async function ourTimes(): Promise<number[]> {
  const filter = openPacketFilter({ clock: systemClock });
  filter.configure(settings);
  await filter.ensure();
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

async function floorTimes(): Promise<number[]> {
  const folder = mkdtempSync(join(tmpdir(), "nft-floor-"));
  const base = (["ipv4", "ipv6"] as const).map((family) => baseScript(baseOf(family, settings)));
  const scripts = [base.join(""), ...[all, ...singles].map(operationScript)];
  const paths = scripts.map((script, number) => {
    const path = join(folder, String(number));
    writeFileSync(path, script);
    return path;
  });
  const { stdout } = await promisify(execFile)(floor, paths);
  rmSync(folder, { recursive: true });
  return (JSON.parse(stdout) as { readonly ms: number[] }).ms;
}

function inShort([allMs = Number.NaN, ...singleMs]: readonly number[]) {
  return { allMs, single: spread(singleMs) };
}
