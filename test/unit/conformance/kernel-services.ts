/** One virtual service that the kernel holds already, or not yet: what a pass makes of it. */
import { expect } from "vitest";
import type { ServiceSettings, SocketKey } from "../../../src/model/virtual-service.ts";
import { SETTINGS } from "../plan/samples.ts";
import type { ConformanceCase } from "./conformance-case.ts";
import { Node } from "./node.ts";
import { service } from "./objects.ts";

const CLUSTER_IP = "1.2.3.4";

interface Found {
  /** What is there before the pass; undefined: nothing. */
  readonly found: Partial<ServiceSettings> | undefined;
  readonly isBound?: boolean;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly expected: string;
  /** What the pass writes to the virtual service. */
  readonly wrote: readonly string[];
}

/** A pass for one Service on a node whose kernel holds, or does not hold, its virtual service. */
async function syncOver(
  protocol: SocketKey["protocol"],
  number: number,
  facts: Found,
): Promise<void> {
  const { found, isBound = true, annotations = {}, expected, wrote } = facts;
  const node = new Node();
  const key: SocketKey = { protocol, address: CLUSTER_IP, port: number };
  if (found) node.kernel.addForeign({ key, settings: { ...SETTINGS, ...found } }, []);
  node.kernel.addLink("dummy");
  if (isBound) node.kernel.serviceLink?.addresses.add(CLUSTER_IP);
  const ports = [{ port: number, protocol: protocol.toUpperCase() }];
  const wanted = service({ clusterIP: CLUSTER_IP, ports });
  await node.sync({ ...wanted, metadata: { ...wanted.metadata, annotations } });
  expect(node.table()).toEqual([`${expected} ->`]);
  expect(node.bound()).toEqual([CLUSTER_IP]);
  expect(node.wrote().filter((line) => !line.includes("filter"))).toEqual(wrote);
}

const AFFINITY = { persistence: { timeoutS: 600, prefixLength: 32, engine: "" } };
const WLC = { "kube-ipvs.io/scheduler": "wlc" };

/** The same cases for two protocols, by the numbers that they have upstream. */
function casesOf(protocol: "tcp" | "sctp", first: number): ConformanceCase[] {
  const id = `${protocol}/${CLUSTER_IP}:8080`;
  const called = protocol.toUpperCase();
  const added = protocol === "tcp" ? "udp" : "sctp";
  return [
    {
      name: `a virtual service of ${called} that is right already is not written`,
      upstream: [`Test_syncService/${first}`],
      run: () => syncOver(protocol, 8080, { found: {}, expected: id, wrote: [] }),
    },
    {
      name: `a virtual service of ${called} with other flags is set in place`,
      upstream: [`Test_syncService/${first + 1}`],
      run: () =>
        syncOver(protocol, 8080, {
          found: AFFINITY,
          expected: id,
          wrote: [`set-service ${id} scheduler rr`],
        }),
    },
    {
      name: `a virtual service of ${called} with another scheduler is set in place`,
      upstream: [`Test_syncService/${first + 2}`],
      run: () =>
        syncOver(protocol, 8080, {
          found: {},
          annotations: WLC,
          expected: `${id} (wlc)`,
          wrote: [`set-service ${id} scheduler wlc`],
        }),
    },
    {
      name: `a virtual service of ${added.toUpperCase()} that is not there is made, and its address bound`,
      upstream: [`Test_syncService/${first + 3}`],
      run: () =>
        syncOver(added, 53, {
          found: undefined,
          isBound: false,
          expected: `${added}/${CLUSTER_IP}:53`,
          wrote: [
            `add-service ${added}/${CLUSTER_IP}:53 scheduler rr`,
            `add-address ${CLUSTER_IP}`,
          ],
        }),
    },
  ];
}

/** All of them. */
export const kernelServiceCases: readonly ConformanceCase[] = [
  ...casesOf("tcp", 0),
  ...casesOf("sctp", 4),
  {
    name: "an address that is bound already is not bound again",
    upstream: ["Test_syncService/8"],
    run: () => syncOver("sctp", 53, { found: {}, expected: `sctp/${CLUSTER_IP}:53`, wrote: [] }),
  },
];
