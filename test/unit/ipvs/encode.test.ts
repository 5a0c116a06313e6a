/** Messages to the kernel, byte by byte, beside the names of `<linux/ip_vs.h>`. */
import { endianness } from "node:os";
import { expect, test } from "vitest";
import { Encoder } from "../../../src/ipvs/encode.ts";
import type { IpvsOperation } from "../../../src/model/operation.ts";
import type { Destination, ServiceKey } from "../../../src/model/virtual-service.ts";
import { Batch } from "../../../src/netlink/message.ts";
import { destinationAt, serviceOf, socket } from "../../contract/samples.ts";

const WEB = socket("tcp", "10.96.0.1", 443);
const FAMILY = { id: 0x1f, version: 1 };

/** Hexadecimal text without blanks and `#` comments. */
function hex(text: string): string {
  return text.replace(/#.*$/gm, "").replace(/\s+/g, "");
}

function encoded(...operations: IpvsOperation[]): string {
  const encoder = new Encoder(FAMILY);
  const batch = new Batch(64);
  for (const operation of operations) encoder.operation(batch, operation);
  return Buffer.from(batch.out.bytes()).toString("hex");
}

function added(key: ServiceKey, destination: Destination): IpvsOperation {
  return { kind: "add-destination", key, destination };
}

test("the expected bytes below are those of a little-endian machine", () => {
  expect(endianness()).toBe("LE");
});

test("DEL_SERVICE names a service by family, protocol, address and port", () => {
  expect(encoded({ kind: "delete-service", key: WEB })).toBe(
    hex(`
      44000000 1f00 0100 00000000 00000000              # nlmsghdr: 68 bytes, IPVS, REQUEST
      03 01 0000                                        # genlmsghdr: IPVS_CMD_DEL_SERVICE
      3000 0180                                         # IPVS_CMD_ATTR_SERVICE, nested
        0600 0100 0200 0000                             # AF       = AF_INET
        0600 0200 0600 0000                             # PROTOCOL = TCP
        1400 0300 0a600001 00000000 00000000 00000000   # ADDR     = 10.96.0.1
        0600 0400 01bb 0000                             # PORT     = 443, big-endian
    `),
  );
});

test("DEL_SERVICE names a mark service by family and mark alone", () => {
  expect(encoded({ kind: "delete-service", key: { mark: 256, family: "ipv6" } })).toBe(
    hex(`
      28000000 1f00 0100 00000000 00000000
      03 01 0000
      1400 0180                                         # IPVS_CMD_ATTR_SERVICE, nested
        0600 0100 0a00 0000                             # AF     = AF_INET6
        0800 0500 00010000                              # FWMARK = 256
    `),
  );
});

test("NEW_SERVICE is whole: scheduler, flags with a full mask, timeout and netmask", () => {
  const persistence = { timeoutS: 10_800, prefixLength: 24, engine: "sip" };
  const service = serviceOf(WEB, {
    scheduler: "sh",
    schedulerFlags: ["flag-1", "flag-2"],
    onePacket: true,
    persistence,
  });
  expect(encoded({ kind: "add-service", service })).toBe(
    hex(`
      70000000 1f00 0100 00000000 00000000
      01 01 0000                                        # IPVS_CMD_NEW_SERVICE
      5c00 0180
        0600 0100 0200 0000
        0600 0200 0600 0000
        1400 0300 0a600001 00000000 00000000 00000000
        0600 0400 01bb 0000
        0700 0600 736800 00                             # SCHED_NAME = "sh"
        0c00 0700 1d000000 ffffffff                     # FLAGS: PERSISTENT ONEPACKET SCHED1 SCHED2
        0800 0800 302a0000                              # TIMEOUT = 10800
        0800 0900 ffffff00                              # NETMASK = 255.255.255.0, big-endian
        0800 0b00 73697000                              # PE_NAME = "sip"
    `),
  );
});

test("SET_SERVICE for IPv6 without affinity: netmask is the prefix length 128, no flag is set", () => {
  const service = serviceOf(socket("udp", "fd00::a", 53), { scheduler: "" });
  expect(encoded({ kind: "set-service", service })).toBe(
    hex(`
      6c000000 1f00 0100 00000000 00000000
      02 01 0000                                        # IPVS_CMD_SET_SERVICE
      5800 0180
        0600 0100 0a00 0000                             # AF       = AF_INET6
        0600 0200 1100 0000                             # PROTOCOL = UDP
        1400 0300 fd000000 00000000 00000000 0000000a
        0600 0400 0035 0000
        0900 0600 6e6f6e6500 000000                     # SCHED_NAME = "none"
        0c00 0700 00000000 ffffffff                     # FLAGS: none
        0800 0800 00000000
        0800 0900 80000000                              # NETMASK = 128, host order
    `),
  );
});

test("NEW_DEST is whole, and names its service by identity only", () => {
  const destination = destinationAt("10.1.0.1", {
    weight: 3,
    forward: "tunnel",
    upperThreshold: 200,
    lowerThreshold: 100,
    tunnel: { type: "gue", port: 6080, flags: 1 },
  });
  expect(encoded(added(WEB, destination))).toBe(
    hex(`
      a4000000 1f00 0100 00000000 00000000
      05 01 0000                                        # IPVS_CMD_NEW_DEST
      3000 0180                                         # IPVS_CMD_ATTR_SERVICE
        0600 0100 0200 0000
        0600 0200 0600 0000
        1400 0300 0a600001 00000000 00000000 00000000
        0600 0400 01bb 0000
      6000 0280                                         # IPVS_CMD_ATTR_DEST, nested
        1400 0100 0a010001 00000000 00000000 00000000   # ADDR       = 10.1.0.1
        0600 0200 1f90 0000                             # PORT       = 8080, big-endian
        0800 0300 02000000                              # FWD_METHOD = TUNNEL
        0800 0400 03000000                              # WEIGHT
        0800 0500 c8000000                              # U_THRESH
        0800 0600 64000000                              # L_THRESH
        0600 0b00 0200 0000                             # ADDR_FAMILY = AF_INET
        0500 0d00 01 000000                             # TUN_TYPE   = GUE
        0600 0e00 17c0 0000                             # TUN_PORT   = 6080, big-endian
        0600 0f00 0100 0000                             # TUN_FLAGS  = CSUM
    `),
  );
});

test("DEL_DEST names service and destination and nothing else", () => {
  const destination = { address: "fd00::1", port: 80 };
  const key = socket("sctp", "fd00::a", 9);
  expect(encoded({ kind: "delete-destination", key, destination })).toBe(
    hex(`
      6c000000 1f00 0100 00000000 00000000
      07 01 0000                                        # IPVS_CMD_DEL_DEST
      3000 0180
        0600 0100 0a00 0000
        0600 0200 8400 0000                             # PROTOCOL = SCTP
        1400 0300 fd000000 00000000 00000000 0000000a
        0600 0400 0009 0000
      2800 0280
        1400 0100 fd000000 00000000 00000000 00000001
        0600 0200 0050 0000
        0600 0b00 0a00 0000
    `),
  );
});

test("a repeated message carries the new words and keeps the others", () => {
  const first = added(WEB, destinationAt("10.1.0.1", { upperThreshold: 9 }));
  const second = added(
    socket("tcp", "10.96.0.2", 80),
    destinationAt("10.1.0.2", { port: 9090, weight: 65_535, upperThreshold: 9 }),
  );

  expect(encoded(first, second)).toBe(encoded(first) + encoded(second));
});
