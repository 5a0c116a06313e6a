/** Assertions that several contract cases share. */
import assert from "node:assert/strict";
import type { Ipvs } from "../../src/ipvs/ipvs.ts";
import type { IpvsOperation, OperationFailure } from "../../src/model/operation.ts";
import type { Destination, ServiceKey, VirtualService } from "../../src/model/virtual-service.ts";
import { serviceId } from "../../src/model/virtual-service.ts";
import { withoutCounters, withoutTraffic } from "./samples.ts";

/** Writes, and nothing may be refused. */
export async function writeAll(ipvs: Ipvs, operations: readonly IpvsOperation[]): Promise<void> {
  assert.deepEqual(await ipvs.write(operations), []);
}

/** Writes one operation and returns the name of the errno that refused it. */
export async function refusalOf(ipvs: Ipvs, operation: IpvsOperation): Promise<string | undefined> {
  const failures = await ipvs.write([operation]);
  assert.ok(failures.length <= 1, "one operation has at most one failure");
  assert.equal(failures[0]?.index ?? 0, 0);
  return failures[0]?.code;
}

/** The table holds exactly these services, in any order. */
export async function holdsServices(ipvs: Ipvs, wanted: readonly VirtualService[]): Promise<void> {
  const held = (await ipvs.services()).map(withoutTraffic);
  assert.deepEqual(byId(held), byId(wanted));
}

/** The service holds exactly these destinations; they are given in the order they were added. */
export async function holdsDestinations(
  ipvs: Ipvs,
  key: ServiceKey,
  wanted: readonly Destination[],
): Promise<void> {
  const [held] = await ipvs.destinations([key]);
  assert.deepEqual(held?.map(withoutCounters).reverse(), wanted);
}

/** Pairs of index and errno, which is what callers act on. */
export function codesOf(failures: readonly OperationFailure[]): [number, string][] {
  return failures.map(({ index, code }) => [index, code]);
}

function byId(services: readonly VirtualService[]): [string, VirtualService][] {
  return services
    .map((service): [string, VirtualService] => [serviceId(service.key), service])
    .sort(([a], [b]) => (a < b ? -1 : 1));
}
