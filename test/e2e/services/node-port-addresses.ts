/** On which addresses of the node its node ports are, by configuration and as addresses come and go. */
import { NODE_ADDRESSES, NODE_ADDRESSES_V6 } from "../../lab/node-network.ts";
import { shell } from "../../lab/shell.ts";
import {
  eventually,
  expectNoAnswer,
  expectPods,
  expectRefused,
} from "../harness/expect-traffic.ts";
import type { Harness } from "../harness/harness.ts";
import { ITSELF, OUTSIDE, OUTSIDE2, POD } from "../harness/places.ts";
import { web } from "../harness/pods.ts";
import type { ServiceCase } from "../harness/service-case.ts";

const V4 = "10.96.0.75";
const V6 = "fd00:96::4b";
const NODE_PORT = 30_085;
const [ETH0, ETH1] = NODE_ADDRESSES;
const [ETH0_V6, ETH1_V6] = NODE_ADDRESSES_V6;
const PODS = ["p1", "r1"];
/** The agent hears of addresses by the kernel's own messages, */
const ADDRESS_MS_MAX = 2_000;
/** and finds them out by no other way within a case. */
const NO_AUDIT = { "--ipvs-sync-period": "1h" };
const WEB = web({
  name: "web",
  addresses: [V4, V6],
  ports: [{ port: 80, nodePort: NODE_PORT }],
  pods: PODS,
  spec: { type: "NodePort" },
});

function isServed(harness: Harness, address: string): boolean {
  return harness.virtualService(`tcp/${address}:${NODE_PORT}`) !== undefined;
}

const follows: readonly ServiceCase[] = [
  { which: "an address", flags: NO_AUDIT },
  {
    which: "an address of --nodeport-addresses",
    flags: { ...NO_AUDIT, "--nodeport-addresses": "192.168.88.0/24,fd00:88::/64" },
  },
].map(({ which, flags }) => ({
  name: `${which} that the node gets serves node ports at once, and one that it loses does not: the kernel tells of both`,
  upstream: [],
  run: async (harness) => {
    await harness.restartWith(flags);
    await harness.apply(...WEB);
    for (const [address, prefix] of [
      ["192.168.88.11", "/24"],
      ["[fd00:88::11]", "/64"],
    ] as const) {
      const where = `${address.replace(/[[\]]/g, "")}${prefix} dev eth1`;
      await shell(`ip addr add ${where}${prefix === "/64" ? " nodad" : ""}`);
      try {
        const served = `${address} serves node ports`;
        await eventually(served, () => isServed(harness, address), ADDRESS_MS_MAX);
        // The filter is written right after the virtual service.
        await harness.synced();
        await expectPods({ ...OUTSIDE2, to: `${address}:${NODE_PORT}` }, PODS);
      } finally {
        await shell(`ip addr del ${where}`);
      }
      const gone = `${address} serves no node ports`;
      await eventually(gone, () => !isServed(harness, address), ADDRESS_MS_MAX);
      await expectNoAnswer({ ...OUTSIDE2, to: `${address}:${NODE_PORT}` });
    }
    await expectPods({ ...OUTSIDE2, to: `${ETH1}:${NODE_PORT}` }, PODS);
  },
}));

/** Addresses of node ports. */
export const nodePortAddressCases: readonly ServiceCase[] = [
  {
    name: "a node port is neither on loopback nor on the addresses of Services",
    upstream: [],
    run: async (harness) => {
      await harness.apply(...WEB);
      for (const host of ["127.0.0.1", "[::1]"]) {
        await expectRefused({ to: `${host}:${NODE_PORT}` });
      }
      for (const host of [V4, `[${V6}]`]) {
        await expectNoAnswer({ ...POD, to: `${host}:${NODE_PORT}` });
      }
    },
  },
  {
    name: "node ports are served in the ranges of --nodeport-addresses, and on all of a family without one",
    upstream: [],
    run: async (harness) => {
      await harness.restartWith({ "--nodeport-addresses": "192.168.88.0/24" });
      await harness.apply(...WEB);
      await expectPods({ ...OUTSIDE, to: `${ETH1}:${NODE_PORT}` }, PODS);
      await expectPods({ ...OUTSIDE, to: `[${ETH0_V6}]:${NODE_PORT}` }, PODS);
      for (const client of [OUTSIDE, POD, ITSELF]) {
        await expectRefused({ ...client, to: `${ETH0}:${NODE_PORT}` });
      }
    },
  },
  {
    name: "with --nodeport-addresses primary only the addresses of the Node object serve node ports",
    upstream: [],
    run: async (harness) => {
      await harness.restartWith({ "--nodeport-addresses": "primary" });
      await harness.apply(...WEB);
      for (const host of [ETH0, `[${ETH0_V6}]`]) {
        await expectPods({ ...OUTSIDE, to: `${host}:${NODE_PORT}` }, PODS);
      }
      for (const host of [ETH1, `[${ETH1_V6}]`]) {
        await expectRefused({ ...OUTSIDE, to: `${host}:${NODE_PORT}` });
      }
    },
  },
  ...follows,
];
