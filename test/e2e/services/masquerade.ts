/** Whose address pods see: clients of this side of the cluster are told from others in several ways. */
import { forget, forgotten } from "../../lab/forget-flows.ts";
import {
  NODE_ADDRESSES,
  NODE_ADDRESSES_V6,
  OUTSIDE as OUTSIDE_V4,
} from "../../lab/node-network.ts";
import { shell } from "../../lab/shell.ts";
import { expectPods, expectSeen } from "../harness/expect-traffic.ts";
import type { Flags, Harness } from "../harness/harness.ts";
import type { KubeObject } from "../harness/objects.ts";
import { at, FAR, ITSELF, OUTSIDE, POD } from "../harness/places.ts";
import { addressOf, web } from "../harness/pods.ts";
import type { ServiceCase } from "../harness/service-case.ts";

const V4 = "10.96.0.150";
const V6 = "fd00:96::96";
const FAMILIES = ["IPv4", "IPv6"] as const;
const [OUT_4 = ""] = OUTSIDE_V4;
const NODE = { IPv4: NODE_ADDRESSES[0], IPv6: NODE_ADDRESSES_V6[0] };
const OWN_OUTSIDE = { IPv4: OUT_4, IPv6: "fd00:77::200" };
const PORTS = [
  { name: "tcp", port: 80 },
  { name: "udp", port: 80, protocol: "UDP" as const },
];

function objects(pods: readonly string[] = ["p1"]): KubeObject[] {
  return web({ name: "web", addresses: [V4, V6], ports: PORTS, pods });
}

type Client = "outside" | "pod" | "another pod" | "far pod" | "node";

/** A client, with its own address in each family; none where the kernel may choose. */
function clientOf(client: Client, family: "IPv4" | "IPv6"): { namespace?: string; own: string } {
  if (client === "outside") return { ...OUTSIDE, own: OWN_OUTSIDE[family] };
  if (client === "pod") return { ...POD, own: addressOf("client", family) };
  if (client === "another pod") return { namespace: "p2", own: addressOf("p2", family) };
  if (client === "far pod") return { ...FAR, own: addressOf("far", family) };
  return { ...ITSELF, own: "" };
}

/** How clients appear to a pod behind a cluster address. */
async function expectAppear(
  appear: Readonly<Partial<Record<Client, "as itself" | "as the node">>>,
): Promise<void> {
  // A port that a client happens to use again within two minutes would keep the address that it had before.
  await forgotten(...[V4, V6].map((address) => forget([address, 80])));
  for (const family of FAMILIES) {
    const to = at(family === "IPv4" ? V4 : V6);
    for (const [client, how] of Object.entries(appear)) {
      const { own, ...from } = clientOf(client as Client, family);
      const ask = { ...from, ...(own !== "" && { from: [own] }), to };
      const seen = how === "as itself" ? own : NODE[family];
      await expectSeen(ask, [seen]);
      await expectSeen({ ...ask, protocol: "udp" }, [seen]);
    }
  }
}

/** Ways to tell this side's clients, and how they appear then. */
const MODES: readonly (readonly [
  what: string,
  flags: Flags,
  appear: Parameters<typeof expectAppear>[0],
])[] = [
  [
    "with a cluster range all pods keep their address, and the outside and the node itself appear as the node",
    {},
    {
      outside: "as the node",
      pod: "as itself",
      "another pod": "as itself",
      "far pod": "as itself",
      node: "as the node",
    },
  ],
  [
    "with mode NodeCIDR the pods of this node alone keep their address",
    { "--detect-local-mode": "NodeCIDR", "--cluster-cidr": undefined },
    { outside: "as the node", pod: "as itself", "far pod": "as the node", node: "as the node" },
  ],
  [
    "with mode BridgeInterface what comes by that interface keeps its address, and nothing else",
    {
      "--detect-local-mode": "BridgeInterface",
      "--pod-bridge-interface": "vclient",
      "--cluster-cidr": undefined,
    },
    {
      outside: "as the node",
      pod: "as itself",
      "another pod": "as the node",
      "far pod": "as the node",
      node: "as the node",
    },
  ],
  [
    "with mode InterfaceNamePrefix what comes by interfaces of that name keeps its address",
    {
      "--detect-local-mode": "InterfaceNamePrefix",
      "--pod-interface-name-prefix": "v",
      "--cluster-cidr": undefined,
    },
    {
      outside: "as the node",
      pod: "as itself",
      "another pod": "as itself",
      "far pod": "as the node",
      node: "as the node",
    },
  ],
  [
    "with --masquerade-all everybody appears as the node",
    { "--masquerade-all": "true" },
    { outside: "as the node", pod: "as the node", "far pod": "as the node", node: "as the node" },
  ],
  [
    "without a cluster range everybody but the node itself keeps its address",
    { "--cluster-cidr": undefined },
    { outside: "as itself", pod: "as itself", "far pod": "as itself", node: "as the node" },
  ],
];

const modes: readonly ServiceCase[] = MODES.map(([what, flags, appear]) => ({
  name: `behind a cluster address, ${what}`,
  upstream: [],
  run: async (harness) => {
    if (Object.keys(flags).length > 0) await harness.restartWith(flags);
    await harness.apply(...objects());
    await expectAppear(appear);
  },
}));

/** Has other software's rules in force during `body`. */
async function withRules(rules: string, body: () => Promise<void>): Promise<void> {
  await shell(`nft -f - <<'END'\n${rules}\nEND\n`);
  try {
    await body();
  } finally {
    await shell("nft delete table ip others; nft delete table ip6 others");
  }
}

/** Other software that marks what pods send to anybody. */
function marking(mark: string): string {
  return ["ip", "ip6"]
    .map(
      (family) => `table ${family} others {
  chain prerouting {
    type filter hook prerouting priority -150
    iifname "vclient" meta mark set meta mark | ${mark}
  }
}`,
    )
    .join("\n");
}

async function expectMarked(harness: Harness, how: "as itself" | "as the node"): Promise<void> {
  await harness.apply(...objects());
  await expectAppear({ pod: how });
  // Traffic past all Services as well: that is what the mark has always meant.
  const { own, ...client } = clientOf("pod", "IPv4");
  const to = at(addressOf("r1"), 8080);
  await expectSeen({ ...client, from: [own], to }, [how === "as itself" ? own : NODE.IPv4]);
}

/** Masquerade. */
export const masqueradeCases: readonly ServiceCase[] = [
  ...modes,
  {
    name: "packets that other software marks for masquerade are masqueraded, to Services or not",
    upstream: [],
    run: async (harness) => {
      await withRules(marking("0x4000"), () => expectMarked(harness, "as the node"));
      await withRules(marking("0x8000"), () => expectMarked(harness, "as itself"));
    },
  },
  {
    name: "--iptables-masquerade-bit says which mark that is",
    upstream: [],
    run: async (harness) => {
      await harness.restartWith({ "--iptables-masquerade-bit": "15" });
      await withRules(marking("0x8000"), () => expectMarked(harness, "as the node"));
      await withRules(marking("0x4000"), () => expectMarked(harness, "as itself"));
      await harness.apply(...objects());
      await expectAppear({ outside: "as the node", pod: "as itself" });
    },
  },
  {
    name: "traffic that goes to no Service keeps its addresses",
    upstream: [],
    run: async (harness) => {
      await harness.apply(...objects(["p1", "r1"]));
      for (const family of FAMILIES) {
        for (const pod of ["p1", "r1"]) {
          const to = at(addressOf(pod, family), 8080);
          const { own, ...client } = clientOf("pod", family);
          await expectSeen({ ...client, from: [own], to }, [own]);
        }
        const { own, ...outside } = clientOf("outside", family);
        const to = at(addressOf("p1", family), 8080);
        await expectSeen({ ...outside, from: [own], to }, [own]);
        await expectPods({ ...ITSELF, to }, ["p1"]);
      }
    },
  },
];
