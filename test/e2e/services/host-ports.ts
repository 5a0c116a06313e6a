/** Host ports of network plugins beside Services: every address on `kube-ipvs0` is one of the node's, too. */
import {
  NODE_ADDRESSES,
  NODE_ADDRESSES_V6,
  OUTSIDE as OUTSIDE_ADDRESSES,
} from "../../lab/node-network.ts";
import { shell } from "../../lab/shell.ts";
import { expectPods } from "../harness/expect-traffic.ts";
import { type Iptables, iptables } from "../harness/kube-proxy-leftovers.ts";
import type { KubeObject } from "../harness/objects.ts";
import { at, ITSELF, OUTSIDE, POD } from "../harness/places.ts";
import { addressOf, clientAddresses, web } from "../harness/pods.ts";
import type { ServiceCase } from "../harness/service-case.ts";

const V4 = "10.96.0.220";
const V6 = "fd00:96::dc";
/** Bound on `kube-ipvs0`, and on the node's own second interface. */
const EXTERNAL = ["203.0.113.90", "2001:db8::90", NODE_ADDRESSES[1], NODE_ADDRESSES_V6[1]];
const BALANCER = ["198.51.100.120", "2001:db8:1::78"];
const PODS = ["p1", "r1"];
/** The pod with a host port. */
const HOST_POD = "p2";
const PROTOCOLS = ["tcp", "udp"] as const;
const FAMILIES = ["ipv4", "ipv6"] as const;
const [FIRST, FIRST_V6] = [NODE_ADDRESSES[0], NODE_ADDRESSES_V6[0]];

function objects(externalTrafficPolicy: "Cluster" | "Local"): KubeObject[] {
  const ports = PROTOCOLS.map((name) => ({
    name,
    port: 80,
    protocol: name === "tcp" ? ("TCP" as const) : ("UDP" as const),
  }));
  const ingress = BALANCER.map((ip) => ({ ip }));
  const spec = { type: "LoadBalancer", externalIPs: EXTERNAL, externalTrafficPolicy };
  return web({ name: "web", addresses: [V4, V6], ports, pods: PODS, ingress, spec });
}

/** What the plugin `portmap` writes for a pod with host port 80. */
function portmap(kind: Iptables["kind"]): string {
  return FAMILIES.map((family) => {
    const address = addressOf(HOST_POD, family === "ipv4" ? "IPv4" : "IPv6");
    return `${iptables({ family, kind })}-restore --noflush <<'END'
*nat
:CNI-HOSTPORT-DNAT - [0:0]
-A PREROUTING -m addrtype --dst-type LOCAL -j CNI-HOSTPORT-DNAT
-A OUTPUT -m addrtype --dst-type LOCAL -j CNI-HOSTPORT-DNAT
${PROTOCOLS.map((protocol) => `-A CNI-HOSTPORT-DNAT -p ${protocol} --dport 80 -j DNAT --to-destination ${at(address, 8080)}`).join("\n")}
COMMIT
END
`;
  }).join("");
}

function withoutPortmap(kind: Iptables["kind"]): string {
  return FAMILIES.map((family) => {
    const nat = `${iptables({ family, kind })} -t nat`;
    const rule = "-m addrtype --dst-type LOCAL -j CNI-HOSTPORT-DNAT";
    return [
      ...["PREROUTING", "OUTPUT"].map((chain) => `${nat} -D ${chain} ${rule}`),
      `${nat} -F CNI-HOSTPORT-DNAT`,
      `${nat} -X CNI-HOSTPORT-DNAT`,
      "",
    ].join("\n");
  }).join("");
}

/** Every way to the Service leads to its pods, of which the outside with policy Local gets this node's. */
async function expectService(policy: "Cluster" | "Local"): Promise<void> {
  for (const protocol of PROTOCOLS) {
    for (const to of [V4, V6].map((address) => at(address))) {
      for (const from of [POD, ITSELF, OUTSIDE]) await expectPods({ ...from, protocol, to }, PODS);
    }
    const served = policy === "Local" ? ["p1"] : PODS;
    for (const to of [...EXTERNAL, ...BALANCER].map((address) => at(address))) {
      for (const from of [POD, ITSELF]) await expectPods({ ...from, protocol, to }, PODS);
      await expectPods({ ...OUTSIDE, protocol, to }, served);
    }
  }
}

/** Host ports. */
export const hostPortCases: readonly ServiceCase[] = (["nft", "legacy"] as const).map((kind) => ({
  name: `a host port by iptables-${kind} takes no traffic of a Service with the same port, and is served itself`,
  upstream: [],
  run: async (harness) => {
    await shell(portmap(kind));
    try {
      for (const policy of ["Cluster", "Local"] as const) {
        await harness.apply(...objects(policy));
        await expectService(policy);
      }
      const clients = [
        { ...OUTSIDE, from: [OUTSIDE_ADDRESSES[0] ?? ""] },
        { ...POD, from: [clientAddresses()[0] ?? ""] },
      ];
      for (const client of clients) await expectPods({ ...client, to: at(FIRST) }, [HOST_POD]);
      for (const client of [OUTSIDE, ITSELF]) {
        await expectPods({ ...client, to: at(FIRST_V6) }, [HOST_POD]);
      }
    } finally {
      await shell(withoutPortmap(kind));
    }
  },
}));
