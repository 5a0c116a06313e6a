/** Tables as `ipvsadm --save --numeric` prints them; the lines were read off version 1.31. */
import { describe, expect, test } from "vitest";
import {
  type Destination,
  destinationId,
  type ServiceKey,
  type ServiceSettings,
  type TableEntry,
} from "../../../src/model/virtual-service.ts";
import { renderTable } from "../../../src/plan/render.ts";
import { destination, SETTINGS, tcp } from "./samples.ts";

const KEY = tcp("10.96.0.10", 80);
const SIX = tcp("fd00:96::a", 80);
const MARK = { mark: 256, family: "ipv4" } as const;

function entry(
  key: ServiceKey,
  settings: Partial<ServiceSettings> = {},
  destinations: readonly Destination[] = [],
): TableEntry {
  return {
    service: { key, settings: { ...SETTINGS, ...settings } },
    destinations: new Map(destinations.map((one) => [destinationId(one), one])),
  };
}

const affinity = (timeoutS: number, prefixLength: number, engine = "") => ({
  persistence: { timeoutS, prefixLength, engine },
});

describe("a virtual service", () => {
  test.each`
    key                                        | settings                                                                | line
    ${KEY}                                     | ${{}}                                                                   | ${"-A -t 10.96.0.10:80 -s rr"}
    ${{ ...KEY, protocol: "udp" }}             | ${{ onePacket: true }}                                                  | ${"-A -u 10.96.0.10:80 -s rr -o"}
    ${{ ...KEY, protocol: "sctp" }}            | ${{ scheduler: "wrr" }}                                                 | ${"-A --sctp-service 10.96.0.10:80 -s wrr"}
    ${{ ...KEY, port: 0 }}                     | ${affinity(60, 32)}                                                     | ${"-A -t 10.96.0.10:0 -s rr -p 60"}
    ${SIX}                                     | ${{ scheduler: "lc" }}                                                  | ${"-A -t [fd00:96::a]:80 -s lc"}
    ${MARK}                                    | ${{}}                                                                   | ${"-A -f 256 -s rr"}
    ${{ mark: 256, family: "ipv6" }}           | ${{}}                                                                   | ${"-A -f 256 -6 -s rr"}
    ${{ mark: 4_294_967_295, family: "ipv4" }} | ${{}}                                                                   | ${"-A -f 4294967295 -s rr"}
    ${KEY}                                     | ${{ scheduler: "" }}                                                    | ${"-A -t 10.96.0.10:80 -s none"}
    ${KEY}                                     | ${affinity(10_800, 32)}                                                 | ${"-A -t 10.96.0.10:80 -s rr -p 10800"}
    ${KEY}                                     | ${affinity(300, 24)}                                                    | ${"-A -t 10.96.0.10:80 -s rr -p 300 -M 255.255.255.0"}
    ${KEY}                                     | ${affinity(300, 17)}                                                    | ${"-A -t 10.96.0.10:80 -s rr -p 300 -M 255.255.128.0"}
    ${KEY}                                     | ${affinity(300, 1)}                                                     | ${"-A -t 10.96.0.10:80 -s rr -p 300 -M 128.0.0.0"}
    ${SIX}                                     | ${affinity(60, 128)}                                                    | ${"-A -t [fd00:96::a]:80 -s rr -p 60"}
    ${SIX}                                     | ${affinity(60, 64)}                                                     | ${"-A -t [fd00:96::a]:80 -s rr -p 60 -M 64"}
    ${{ mark: 7, family: "ipv6" }}             | ${affinity(60, 48)}                                                     | ${"-A -f 7 -6 -s rr -p 60 -M 48"}
    ${KEY}                                     | ${{ ...affinity(60, 16, "sip"), onePacket: true }}                      | ${"-A -t 10.96.0.10:80 -s rr -p 60 -M 255.255.0.0 --pe sip -o"}
    ${KEY}                                     | ${{ scheduler: "sh", schedulerFlags: ["flag-1", "flag-2"] }}            | ${"-A -t 10.96.0.10:80 -s sh -b sh-fallback,sh-port"}
    ${KEY}                                     | ${{ scheduler: "mh", schedulerFlags: ["flag-2"] }}                      | ${"-A -t 10.96.0.10:80 -s mh -b mh-port"}
    ${KEY}                                     | ${{ scheduler: "mh", schedulerFlags: ["flag-1", "flag-2"] }}            | ${"-A -t 10.96.0.10:80 -s mh -b mh-fallback,mh-port"}
    ${KEY}                                     | ${{ schedulerFlags: ["flag-1", "flag-3"] }}                             | ${"-A -t 10.96.0.10:80 -s rr -b flag-1,flag-3"}
    ${KEY}                                     | ${{ scheduler: "sh", schedulerFlags: ["flag-1", "flag-3"] }}            | ${"-A -t 10.96.0.10:80 -s sh -b sh-fallback,flag-3"}
    ${KEY}                                     | ${{ ...affinity(60, 32), onePacket: true, schedulerFlags: ["flag-2"] }} | ${"-A -t 10.96.0.10:80 -s rr -p 60 -o -b flag-2"}
  `("$line", ({ key, settings, line }) => {
    expect(renderTable([entry(key, settings)])).toBe(`${line}\n`);
  });
});

describe("a destination", () => {
  const tunnel = (type: string, port: number, flags: number) => ({
    forward: "tunnel",
    tunnel: { type, port, flags },
  });

  test.each`
    parts                                                          | options
    ${{}}                                                          | ${"-m -w 1"}
    ${{ weight: 0 }}                                               | ${"-m -w 0"}
    ${{ weight: 65_535, upperThreshold: 100, lowerThreshold: 50 }} | ${"-m -w 65535 -x 100 -y 50"}
    ${{ upperThreshold: 100 }}                                     | ${"-m -w 1 -x 100"}
    ${{ forward: "route" }}                                        | ${"-g -w 1"}
    ${{ forward: "local" }}                                        | ${"-g -w 1"}
    ${tunnel("ipip", 0, 0)}                                        | ${"-i -w 1 --tun-type ipip"}
    ${tunnel("gue", 6_080, 0)}                                     | ${"-i -w 1 --tun-type gue --tun-port 6080 --tun-nocsum"}
    ${tunnel("gue", 6_080, 1)}                                     | ${"-i -w 1 --tun-type gue --tun-port 6080 --tun-csum"}
    ${tunnel("gue", 6_080, 2)}                                     | ${"-i -w 1 --tun-type gue --tun-port 6080 --tun-remcsum"}
    ${tunnel("gre", 0, 0)}                                         | ${"-i -w 1 --tun-type gre --tun-nocsum"}
    ${tunnel("gre", 0, 1)}                                         | ${"-i -w 1 --tun-type gre --tun-csum"}
  `("$options", ({ parts, options }) => {
    const text = renderTable([entry(KEY, {}, [destination("10.1.0.1", 8080, parts)])]);
    expect(text).toBe(
      `-A -t 10.96.0.10:80 -s rr\n-a -t 10.96.0.10:80 -r 10.1.0.1:8080 ${options}\n`,
    );
  });

  test("behind IPv6, and behind a mark", () => {
    expect(
      renderTable([
        entry(SIX, {}, [destination("fd00:1::1", 8080)]),
        entry({ mark: 9, family: "ipv6" }, {}, [destination("fd00:1::1", 0)]),
      ]),
    ).toBe(`-A -f 9 -6 -s rr
-a -f 9 -6 -r [fd00:1::1]:0 -m -w 1
-A -t [fd00:96::a]:80 -s rr
-a -t [fd00:96::a]:80 -r [fd00:1::1]:8080 -m -w 1
`);
  });
});

test("the order is that of the ids, whatever the order of the input", () => {
  const a = destination("10.1.0.1", 80);
  const b = destination("10.1.0.2", 80);
  const one = entry(KEY, {}, [b, a]);
  const other = entry(tcp("10.96.0.9", 80), {}, [a, b]);
  const text = renderTable([one, other]);
  expect(text).toBe(renderTable([other, entry(KEY, {}, [a, b])]));
  expect(text.split("\n").map((line) => line.slice(0, 37).trim())).toEqual([
    "-A -t 10.96.0.10:80 -s rr",
    "-a -t 10.96.0.10:80 -r 10.1.0.1:80 -m",
    "-a -t 10.96.0.10:80 -r 10.1.0.2:80 -m",
    "-A -t 10.96.0.9:80 -s rr",
    "-a -t 10.96.0.9:80 -r 10.1.0.1:80 -m",
    "-a -t 10.96.0.9:80 -r 10.1.0.2:80 -m",
    "",
  ]);
});

test("an empty table is an empty text", () => {
  expect(renderTable([])).toBe("");
});
