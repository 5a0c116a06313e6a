/** Laws of the IPVS protocol: what is written is read back, and short cuts change no byte. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { command } from "../../src/ipvs/attributes.ts";
import { Encoder } from "../../src/ipvs/encode.ts";
import { fromDestination, fromService, toDestination, toService } from "../../src/ipvs/wire.ts";
import type { Address, Family } from "../../src/model/address.ts";
import { readAddress } from "../../src/model/address.ts";
import type { IpvsOperation } from "../../src/model/operation.ts";
import { SCHEDULER_NAMES } from "../../src/model/scheduler.ts";
import type {
  Destination,
  Persistence,
  SchedulerFlag,
  ServiceKey,
  VirtualService,
} from "../../src/model/virtual-service.ts";
import { serviceFamily } from "../../src/model/virtual-service.ts";
import { sourceOf } from "../../src/netlink/codec.ts";
import { NetlinkDecodeError } from "../../src/netlink/errors.ts";
import { Batch } from "../../src/netlink/message.ts";
import { Writer } from "../../src/netlink/writer.ts";
import { withoutCounters, withoutTraffic } from "../contract/samples.ts";

const u16 = fc.integer({ min: 0, max: 0xffff });
const u32 = fc.integer({ min: 0, max: 0xffff_ffff });
const families: fc.Arbitrary<Family> = fc.constantFrom("ipv4", "ipv6");

function addressOf(family: Family): fc.Arbitrary<Address> {
  const length = family === "ipv4" ? 4 : 16;
  return fc
    .uint8Array({ minLength: length, maxLength: length })
    .map((bytes) => readAddress(family, bytes, 0));
}

const addresses = families.chain(addressOf);

const keys: fc.Arbitrary<ServiceKey> = fc.oneof(
  fc.record({
    protocol: fc.constantFrom("tcp" as const, "udp" as const, "sctp" as const),
    address: addresses,
    port: u16,
  }),
  fc.record({ mark: fc.integer({ min: 1, max: 0xffff_ffff }), family: families }),
);

function persistenceFor(family: Family): fc.Arbitrary<Persistence | undefined> {
  const prefixLength = fc.integer({ min: 0, max: family === "ipv4" ? 32 : 128 });
  const engine = fc.constantFrom("", "sip");
  return fc.option(fc.record({ timeoutS: u32, prefixLength, engine }), { nil: undefined });
}

const services: fc.Arbitrary<VirtualService> = keys.chain((key) =>
  fc.record({
    key: fc.constant(key),
    settings: fc.record({
      scheduler: fc.constantFrom("", ...SCHEDULER_NAMES),
      schedulerFlags: fc.subarray<SchedulerFlag>(["flag-1", "flag-2", "flag-3"]),
      onePacket: fc.boolean(),
      persistence: persistenceFor(serviceFamily(key)),
    }),
  }),
);

const plain = fc.record({
  address: addresses,
  port: u16,
  weight: u32,
  forward: fc.constantFrom("masquerade" as const, "local" as const, "route" as const),
  upperThreshold: fc.constantFrom(0, 100),
  lowerThreshold: fc.constantFrom(0, 50),
  tunnel: fc.constant(undefined),
});

const tunnelled = fc.record({
  address: addresses,
  port: u16,
  weight: u32,
  forward: fc.constant("tunnel" as const),
  upperThreshold: u32,
  lowerThreshold: u32,
  tunnel: fc.record({
    type: fc.constantFrom("ipip" as const, "gue" as const, "gre" as const),
    port: u16,
    flags: u16,
  }),
});

const destinations: fc.Arbitrary<Destination> = fc.oneof(plain, tunnelled);

/** Few keys, so that neighbours are often alike. */
const operations: fc.Arbitrary<IpvsOperation[]> = fc
  .tuple(fc.array(keys, { minLength: 1, maxLength: 3 }), fc.array(services, { minLength: 1 }))
  .chain(([someKeys, someServices]) => {
    const key = fc.constantFrom(...someKeys);
    const service = fc.constantFrom(...someServices);
    return fc.array(
      fc.oneof<fc.Arbitrary<IpvsOperation>[]>(
        fc.record({ kind: fc.constantFrom("add-service", "set-service"), service }),
        fc.record({ kind: fc.constant("delete-service"), key }),
        fc.record({
          kind: fc.constantFrom("add-destination", "set-destination"),
          key,
          destination: destinations,
        }),
        fc.record({ kind: fc.constant("delete-destination"), key, destination: plain }),
      ),
    );
  });

function bytesOf(list: readonly IpvsOperation[], encoder: () => Encoder): Buffer {
  const batch = new Batch(64);
  const one = encoder();
  for (const operation of list) one.operation(batch, operation);
  return Buffer.from(batch.out.bytes());
}

const newEncoder = (): Encoder => new Encoder({ id: 31, version: 1 });

describe("the IPVS protocol", () => {
  test("a service that is encoded is decoded as it was", () => {
    fc.assert(
      fc.property(services, (service) => {
        const out = new Writer(64);
        command.write(out, { service: toService(service) });
        const read = command.read(sourceOf(out.bytes()), 0, out.length);
        const found = read.service && fromService(read.service);
        expect(found && withoutTraffic(found)).toEqual(service);
      }),
    );
  });

  test("a destination that is encoded is decoded as it was", () => {
    fc.assert(
      fc.property(destinations, families, (destination, family) => {
        const out = new Writer(64);
        command.write(out, { destination: toDestination(destination) });
        const read = command.read(sourceOf(out.bytes()), 0, out.length);
        const found = read.destination && fromDestination(read.destination, family);
        expect(found && withoutCounters(found)).toEqual(destination);
      }),
    );
  });

  test("an encoder that remembers writes the bytes of one that does not", () => {
    fc.assert(
      fc.property(operations, (list) => {
        const apart = list.map((operation) => bytesOf([operation], newEncoder));
        expect(bytesOf(list, newEncoder).equals(Buffer.concat(apart))).toBe(true);
      }),
      { numRuns: 300 },
    );
  });

  test("arbitrary bytes are decoded or refused with NetlinkDecodeError, nothing else", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        try {
          const { service, destination } = command.read(sourceOf(bytes), 0, bytes.length);
          if (service) fromService(service);
          if (destination) fromDestination(destination, "ipv4");
        } catch (err) {
          expect(err).toBeInstanceOf(NetlinkDecodeError);
        }
      }),
    );
  });
});
