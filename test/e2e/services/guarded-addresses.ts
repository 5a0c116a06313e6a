/** Addresses that no Service gets, and what a Service's address answers besides its ports. */
import assert from "node:assert/strict";
import {
  NODE_ADDRESSES,
  NODE_ADDRESSES_V6,
  PEER_ADDRESS,
  PEER_ADDRESS_V6,
} from "../../lab/node-network.ts";
import { shell } from "../../lab/shell.ts";
import { expectPing } from "../harness/commands.ts";
import { expectNoAnswer, expectPods, expectRefused } from "../harness/expect-traffic.ts";
import { type KubeObject, service, slice } from "../harness/objects.ts";
import { at, ITSELF, OUTSIDE, POD } from "../harness/places.ts";
import { type WebWords, web } from "../harness/pods.ts";
import type { ServiceCase } from "../harness/service-case.ts";

const V4 = "10.96.0.90";
const V6 = "fd00:96::5a";
const EXTERNAL = ["203.0.113.30", "2001:db8::30"];
const BALANCER = ["198.51.100.30", "2001:db8:1::30"];
const PODS = ["p1", "r1"];
const BOUND = "ip -o addr show dev kube-ipvs0";
const API_SERVER = ["192.168.77.202", "fd00:77::202"];

/** What nobody may have by a Service, and the end of "it is". */
const GUARDED: readonly (readonly [what: string, addresses: readonly string[], why: RegExp])[] = [
  ["the other node", [PEER_ADDRESS, PEER_ADDRESS_V6], /an address of the node node-b/],
  ["the API server", API_SERVER, /an address of the API server/],
  ["loopback", ["127.0.0.53", "::1"], /a loopback address/],
  ["multicast", ["239.1.2.3", "ff05::fb"], /a multicast address/],
  ["link-local addresses", ["169.254.169.254", "fe80::a9fe"], /a link-local address/],
];

/** As external addresses the API server takes them from nobody; from a load balancer it does. */
const REFUSED_BEFORE = /loopback|link-local/;

/** `default/kubernetes`, which says where the API server answers. */
function apiServer(): KubeObject[] {
  const named = {
    name: "kubernetes",
    namespace: "default",
    addresses: ["10.96.0.1", "fd00:96::1"],
  };
  const slices = API_SERVER.map((address) =>
    slice({
      service: "kubernetes",
      namespace: "default",
      endpoints: [{ address, node: "elsewhere" }],
    }),
  );
  return [service(named), ...slices];
}

function withAddresses(more: Partial<WebWords>): KubeObject[] {
  const base = { name: "web", addresses: [V4, V6], pods: PODS };
  return web({ ...base, ...more });
}

const guarded: readonly ServiceCase[] = GUARDED.map(([what, addresses, why]) => ({
  name: `a Service never gets the address of ${what}, by no field, and status says why`,
  upstream: [],
  run: async (harness) => {
    const byField = [
      ...(REFUSED_BEFORE.test(what)
        ? []
        : [withAddresses({ spec: { externalIPs: [...addresses] } })]),
      withAddresses({
        ingress: addresses.map((ip) => ({ ip })),
        spec: { type: "LoadBalancer" },
      }),
    ];
    await harness.apply(...apiServer());
    for (const objects of byField) {
      await harness.apply(...objects);
      const bound = await shell(BOUND);
      const { findings, virtualServices } = await harness.status();
      for (const address of addresses) {
        const found = findings.find(({ message }) => message.startsWith(`${address} `));
        assert.match(found?.message ?? JSON.stringify(findings), why);
        // Every IPv6 interface has a link-local address of its own.
        assert.ok(!bound.includes(` ${address}/`), bound);
        assert.ok(!virtualServices.some(({ id }) => id.includes(`/${at(address)}`)));
      }
      await expectPods({ ...POD, to: at(V4) }, PODS);
    }
  },
}));

/** Guarded addresses. */
export const guardedAddressCases: readonly ServiceCase[] = [
  ...guarded,
  {
    name: "an address of this node is served for a Service and not taken from the node's interface",
    upstream: [],
    run: async (harness) => {
      const own = [NODE_ADDRESSES[1], NODE_ADDRESSES_V6[1]];
      await harness.apply(...withAddresses({ spec: { externalIPs: own } }));
      for (const address of own) {
        await expectPods({ ...OUTSIDE, to: at(address) }, PODS);
        assert.ok(!(await shell(BOUND)).includes(` ${address}/`));
      }
      const { findings } = await harness.status();
      assert.equal(findings.filter(({ reason }) => reason === "address-taken").length, 2);
      await harness.apply(...withAddresses({}));
      for (const address of own) await expectRefused({ ...OUTSIDE, to: at(address) });
    },
  },
  {
    name: "--external-ip-cidrs lets no other external address be taken, and load balancers are free",
    upstream: [],
    run: async (harness) => {
      await harness.restartWith({ "--external-ip-cidrs": "203.0.113.0/28,2001:db8::/64" });
      const outside = "203.0.113.77";
      const inside = ["203.0.113.7", "2001:db8::7"];
      const spec = { type: "LoadBalancer", externalIPs: [outside, ...inside] };
      const ingress = BALANCER.map((ip) => ({ ip }));
      await harness.apply(...withAddresses({ spec, ingress }));
      for (const address of [...inside, ...BALANCER]) {
        await expectPods({ ...OUTSIDE, to: at(address) }, PODS);
      }
      await expectNoAnswer({ ...OUTSIDE, to: at(outside) });
      const { findings } = await harness.status();
      const [found] = findings.filter(({ reason }) => reason === "address-not-allowed");
      assert.match(found?.message ?? "", /203\.0\.113\.77 is outside of the allowed ranges/);
      assert.doesNotMatch(await shell(BOUND), /203\.0\.113\.77\//);
    },
  },
  {
    name: "other ports of a Service's address are refused, though a program of the node listens there",
    upstream: [],
    run: async (harness) => {
      await harness.network.serveOnNode("own", [30_110]);
      const spec = { type: "LoadBalancer", externalIPs: EXTERNAL };
      await harness.apply(...withAddresses({ spec, ingress: BALANCER.map((ip) => ({ ip })) }));
      for (const address of [V4, V6, ...EXTERNAL, ...BALANCER]) {
        for (const client of [OUTSIDE, POD, ITSELF]) {
          for (const port of [81, 30_110]) {
            await expectRefused({ ...client, to: at(address, port) });
            await expectRefused({ ...client, protocol: "udp", to: at(address, port) });
          }
        }
      }
      await expectPods({ ...OUTSIDE, to: at(NODE_ADDRESSES[0], 30_110) }, ["own"]);
    },
  },
  {
    name: "the addresses of Services answer a ping, from everywhere",
    upstream: [],
    run: async (harness) => {
      const spec = { type: "LoadBalancer", externalIPs: EXTERNAL };
      await harness.apply(...withAddresses({ spec, ingress: BALANCER.map((ip) => ({ ip })) }));
      for (const address of [V4, V6, ...EXTERNAL, ...BALANCER]) {
        for (const namespace of ["outside", "client", "far", ""]) {
          await expectPing(namespace, address);
        }
      }
    },
  },
];
