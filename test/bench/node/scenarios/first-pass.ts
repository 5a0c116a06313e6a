/** A first pass into an empty kernel, without the API server, against the same messages from C. */
import { execFile } from "node:child_process";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { serviceAddress } from "../../cluster.ts";
import type { FullRun } from "../../figure.ts";
import { addedElement, nftFloorTimes } from "../../nft-floor-times.ts";
import { median } from "../../row.ts";
import { FLOOR, FLOOR_BATCHES, floorMs } from "../floor-ms.ts";
import type { NodeTask } from "../node-task.ts";
import { namespaceIsGone } from "../quiet.ts";

const run = promisify(execFile);

const RUNS = 3;

/** What was measured, each the median of some runs. */
export interface FirstPassResult {
  /** The floor at its best batch size. */
  readonly floorMs: number;
  /** Plan, merge, diff, encode, send. */
  readonly oursMs: number;
  readonly messages: number;
  /** The packet filter's share, which is not in the other figures: its elements, and bare libnftables with as many. */
  readonly filterElements: number;
  readonly filterMs: number;
  readonly filterFloorMs: number;
}

/** Runs it: floor and agent in turn, each in a fresh network namespace. */
export async function firstPass({ size, cold }: NodeTask): Promise<FirstPassResult> {
  const { services, endpointsPerService } = size;
  const nftFloor = join(dirname(FLOOR), "nft-floor");
  const words = [String(services), String(endpointsPerService)];
  const floors = new Map<number, number[]>(FLOOR_BATCHES.map((batch) => [batch, []]));
  const ours: FullRun["first"][] = [];
  const elements = Array.from({ length: services }, (_, service) =>
    addedElement("service-addresses", serviceAddress(service)),
  );
  const filterFloors: number[] = [];
  for (let i = 0; i < RUNS; i++) {
    filterFloors.push(...(await nftFloorTimes(nftFloor, [elements])));
    await namespaceIsGone();
    for (const [batch, times] of floors) {
      times.push(await floorMs(["ipvs", ...words, batch]));
    }
    const command = `ip link set lo up; exec node ${cold} ${words.join(" ")} first`;
    const { stdout } = await run("unshare", ["-n", "sh", "-c", command]);
    ours.push((JSON.parse(stdout) as Pick<FullRun, "first">).first);
    await namespaceIsGone();
  }
  return {
    floorMs: Math.min(...[...floors.values()].map(median)),
    oursMs: median(ours.map(({ otherMs, ipvsWriteMs }) => otherMs + ipvsWriteMs)),
    messages: ours[0]?.ipvsMessages ?? Number.NaN,
    filterElements: ours[0]?.filterObjects ?? Number.NaN,
    filterMs: median(ours.map(({ filterWriteMs }) => filterWriteMs)),
    filterFloorMs: median(filterFloors),
  };
}
