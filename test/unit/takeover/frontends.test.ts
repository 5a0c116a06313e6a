/** What kube-proxy's IP sets say of its virtual services: exactly what they name, in their family. */
import { expect, test } from "vitest";
import type { Protocol } from "../../../src/model/virtual-service.ts";
import { kubeProxyFrontends } from "../../../src/takeover/frontends.ts";
import type { SetMember } from "../../../src/takeover/ip-sets.ts";
import { KUBE_PROXY_SETS } from "../../../src/takeover/kube-proxy-names.ts";
import { Leftovers } from "../../fakes/leftovers.ts";

const TCP = 6;
const UDP = 17;
const SCTP = 132;

interface Case {
  readonly set: string;
  readonly member: Partial<SetMember>;
  readonly named: readonly string[];
}

/** All that is asked for. */
const KEYS = (["tcp", "udp", "sctp"] as const).flatMap((protocol) =>
  ["192.0.2.7", "192.0.2.8", "2001:db8::7"].flatMap((address) =>
    [443, 30_080].map((port) => ({ protocol, address, port })),
  ),
);

async function named(sets: readonly string[], members: Record<string, Partial<SetMember>[]>) {
  const isNamed = await kubeProxyFrontends(new Leftovers({ sets, members }).ipSets);
  return KEYS.filter(isNamed).map(text);
}

function text({ protocol, address, port }: { protocol: Protocol; address: string; port: number }) {
  return `${protocol} ${address} ${port}`;
}

const BOTH = ["192.0.2.7", "192.0.2.8"];
const CASES: readonly Case[] = [
  ...["KUBE-EXTERNAL-IP", "KUBE-EXTERNAL-IP-LOCAL", "KUBE-LOAD-BALANCER"].map((set) => ({
    set,
    member: { address: "192.0.2.7", port: 443, protocol: TCP },
    named: ["tcp 192.0.2.7 443"],
  })),
  {
    set: "KUBE-6-LOAD-BALANCER-LOCAL",
    member: { address: "2001:db8::7", port: 443, protocol: UDP },
    named: ["udp 2001:db8::7 443"],
  },
  {
    set: "KUBE-NODE-PORT-TCP",
    member: { port: 30_080 },
    named: BOTH.map((address) => `tcp ${address} 30080`),
  },
  {
    set: "KUBE-NODE-PORT-LOCAL-UDP",
    member: { port: 30_080 },
    named: BOTH.map((address) => `udp ${address} 30080`),
  },
  {
    set: "KUBE-6-NODE-PORT-TCP",
    member: { port: 30_080 },
    named: ["tcp 2001:db8::7 30080"],
  },
  {
    set: "KUBE-NODE-PORT-SCTP-HASH",
    member: { address: "192.0.2.8", port: 30_080, protocol: SCTP },
    named: ["sctp 192.0.2.8 30080"],
  },
  {
    set: "KUBE-6-NODE-PORT-LOCAL-SCTP-HAS",
    member: { address: "2001:db8::7", port: 30_080, protocol: SCTP },
    named: ["sctp 2001:db8::7 30080"],
  },
];

test.each(CASES)("$set names $named", async ({ set, member, named: expected }) => {
  expect(KUBE_PROXY_SETS.has(set)).toBe(true);
  expect(await named([set], { [set]: [member] })).toEqual(expected);
});

test.each([
  // The port at which load balancers ask for health is no virtual service.
  { set: "KUBE-HEALTH-CHECK-NODE-PORT", member: { port: 30_080 } },
  { set: "KUBE-IPVS-IPS", member: { address: "192.0.2.7" } },
  { set: "calico", member: { address: "192.0.2.7", port: 443, protocol: TCP } },
  { set: "KUBE-EXTERNAL-IP", member: { address: "192.0.2.7", port: 443, protocol: 1 } },
  { set: "KUBE-EXTERNAL-IP", member: { address: "192.0.2.7" } },
  { set: "KUBE-EXTERNAL-IP", member: { port: 443, protocol: TCP } },
])("$set with $member names nothing", async ({ set, member }) => {
  expect(await named([set], { [set]: [member] })).toEqual([]);
});

test("a set that is not there is not asked for", async () => {
  expect(await named([], { "KUBE-NODE-PORT-TCP": [{ port: 30_080 }] })).toEqual([]);
});
