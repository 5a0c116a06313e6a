/** Our words: addresses, keys and operations as text, and when two things are the same. */
import { describe, expect, test } from "vitest";
import { familyOf, parseAddress, readAddress, writeAddress } from "../../../src/model/address.ts";
import { operationText } from "../../../src/model/operation.ts";
import { isSchedulerName, SCHEDULER_FLAGS, SCHEDULER_NAMES } from "../../../src/model/scheduler.ts";
import {
  destinationId,
  sameDestination,
  sameSettings,
  serviceFamily,
  serviceId,
} from "../../../src/model/virtual-service.ts";
import { destination, SETTINGS, tcp } from "../plan/samples.ts";

describe("addresses", () => {
  test.each([
    ["10.0.0.1", "10.0.0.1"],
    ["010.000.00.01", "10.0.0.1"],
    ["FD00:0096::0001", "fd00:96::1"],
    ["fd00:0:0:1:0:0:0:1", "fd00:0:0:1::1"],
    ["::ffff:10.0.0.1", "10.0.0.1"],
    ["::", "::"],
  ])("%s is %s", (text, canonical) => {
    expect(parseAddress(text)).toBe(canonical);
  });

  test.each([
    "",
    "10.0.0",
    "10.0.0.256",
    "10.0.0.1/24",
    "0x0a.0.0.1",
    "fe80::1%eth0",
    "web",
    "1:2",
    " 10.0.0.1",
  ])("%j is none", (text) => {
    expect(parseAddress(text)).toBeUndefined();
  });

  test.each([
    ["255.10.0.1", [255, 10, 0, 1]],
    ["fd00::102", [0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2]],
  ] as const)("%s is written as network bytes at its place, and read back", (address, bytes) => {
    const buffer = new Uint8Array(20).fill(0xee);
    expect(writeAddress(address, buffer, 2)).toBe(bytes.length);
    expect([...buffer.subarray(2, 2 + bytes.length)]).toEqual(bytes);
    expect([buffer[1], buffer[2 + bytes.length]]).toEqual([0xee, 0xee]);
    expect(readAddress(familyOf(address), buffer, 2)).toBe(address);
  });
});

describe("keys", () => {
  test("have one text each", () => {
    expect(serviceId(tcp("10.96.0.1", 443))).toBe("tcp/10.96.0.1:443");
    expect(serviceId({ protocol: "udp", address: "fd00::a", port: 53 })).toBe("udp/[fd00::a]:53");
    expect(serviceId({ mark: 256, family: "ipv6" })).toBe("mark/256/ipv6");
    expect(destinationId({ address: "fd00::1", port: 80 })).toBe("[fd00::1]:80");
  });

  test("know their family", () => {
    expect(serviceFamily(tcp("fd00::a", 80))).toBe("ipv6");
    expect(serviceFamily({ mark: 1, family: "ipv4" })).toBe("ipv4");
  });
});

describe("what can be set", () => {
  const persistence = { timeoutS: 300, prefixLength: 32, engine: "" };

  test.each([
    { scheduler: "lc" },
    { schedulerFlags: ["flag-1"] as const },
    { onePacket: true },
    { persistence },
  ])("differs by %j", (parts) => {
    expect(sameSettings(SETTINGS, { ...SETTINGS, ...parts })).toBe(false);
    expect(sameSettings({ ...SETTINGS, ...parts }, { ...SETTINGS, ...parts })).toBe(true);
  });

  test.each([{ timeoutS: 1 }, { prefixLength: 24 }, { engine: "sip" }])(
    "differs by %j of the persistence",
    (parts) => {
      const other = { ...persistence, ...parts };
      expect(sameSettings({ ...SETTINGS, persistence }, { ...SETTINGS, persistence: other })).toBe(
        false,
      );
    },
  );

  test.each([
    { weight: 0 },
    { port: 81 },
    { address: "10.1.0.2" },
    { forward: "route" as const },
    { upperThreshold: 1 },
    { lowerThreshold: 1 },
    { tunnel: { type: "ipip" as const, port: 0, flags: 0 } },
  ])("on a destination differs by %j", (parts) => {
    const one = destination("10.1.0.1", 80);
    expect(sameDestination(one, { ...one, ...parts })).toBe(false);
    expect(sameDestination({ ...one, ...parts }, { ...one, ...parts })).toBe(true);
  });
});

test("each operation is one line of text", () => {
  const key = tcp("10.96.0.1", 80);
  const persistence = { timeoutS: 300, prefixLength: 32, engine: "" };
  const one = destination("10.1.0.1", 8080, { weight: 3 });
  const service = { key, settings: { ...SETTINGS, onePacket: true, persistence } };
  expect(
    [
      { kind: "add-service", service } as const,
      { kind: "set-service", service: { key, settings: { ...SETTINGS, scheduler: "" } } } as const,
      { kind: "delete-service", key } as const,
      { kind: "add-destination", key, destination: one } as const,
      { kind: "set-destination", key, destination: one } as const,
      { kind: "delete-destination", key, destination: one } as const,
      { kind: "add-address", address: "10.96.0.1" } as const,
      { kind: "delete-address", address: "10.96.0.1" } as const,
    ].map(operationText),
  ).toEqual([
    "add-service tcp/10.96.0.1:80 scheduler rr one-packet persistent 300s",
    "set-service tcp/10.96.0.1:80 scheduler none",
    "delete-service tcp/10.96.0.1:80",
    "add-destination tcp/10.96.0.1:80 10.1.0.1:8080 weight 3",
    "set-destination tcp/10.96.0.1:80 10.1.0.1:8080 weight 3",
    "delete-destination tcp/10.96.0.1:80 10.1.0.1:8080",
    "add-address 10.96.0.1",
    "delete-address 10.96.0.1",
  ]);
});

test("the six schedulers of old and the others are names, and what objects inherit is not", () => {
  for (const name of ["rr", "lc", "dh", "sh", "sed", "nq"])
    expect(isSchedulerName(name)).toBe(true);
  expect(SCHEDULER_NAMES).toHaveLength(14);
  for (const name of ["", "RR", "toString", "__proto__"]) expect(isSchedulerName(name)).toBe(false);
});

test("no two flags of one scheduler are the same bit", () => {
  const bits = Object.values(SCHEDULER_FLAGS).map(({ scheduler, flag }) => `${scheduler} ${flag}`);
  expect(new Set(bits).size).toBe(bits.length);
});
