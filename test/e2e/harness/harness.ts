/**
 * The node under test with its agent, for the cases of the end-to-end suite: objects go in, and what comes
 * out is told by the kernel and by traffic. Runs inside the lab. Where objects go is the sink's business.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { V1Service } from "@kubernetes/client-node";
import type { StatusView } from "../../../src/cli/status-view.ts";
import { AgentProcess, agentStatus } from "../../lab/agent-process.ts";
import { ipvsTable, type TableService } from "../../lab/ipvs-table.ts";
import { CLUSTER_RANGES, createNodeNetwork, type NodeNetwork } from "../../lab/node-network.ts";
import { shell } from "../../lab/shell.ts";
import { ManifestFolder, type ObjectSink } from "./object-sink.ts";
import { type KubeObject, objectId, service, slice } from "./objects.ts";
import { NODE, nodes, PODS } from "./pods.ts";

/** From a change to the end of the pass that wrote it: long, for tens of thousands of objects on a slow machine. */
const SYNC_MS_MAX = 120_000;
const POLL_MS = 5;
/** A look at a long table takes a while, and the agent is to have most of the processor. */
const POLL_SHARE = 4;
/** A Service that changes with every write: once the kernel has it, it has everything before it. */
const MARKER = "marker";
const MARKER_ADDRESS = "10.96.255.254";
/** Of the marker too while some Service has external addresses, which are written later after a start. */
export const MARKER_EXTERNAL = "203.0.113.14";
const MARKER_ENDPOINT = "192.0.2.1";
const MARKER_PORT_FIRST = 20_000;
/** The kernel's side of everything that decides about a packet. */
const EVIDENCE = `ipvsadm -Sn
ip -o addr show dev kube-ipvs0 2>/dev/null || true
nft list ruleset 2>&1 | grep -v 'comment "' || true`;

/** How the agent is started, beyond where its objects are. */
export const AGENT_ARGUMENTS: readonly string[] = [
  ...["--node-name", NODE],
  ...["--cluster-cidr", CLUSTER_RANGES.join()],
  // Drift is to be seen within a case.
  ...["--ipvs-sync-period", "2s"],
];

/** Flags with their values, each of which takes one word. */
export type Flags = Readonly<Record<string, string | undefined>>;

/** {@link AGENT_ARGUMENTS} with others in place of some. */
function flagsWith(flags: Flags): string[] {
  const others = Object.entries(flags).flatMap(([flag, value]) =>
    value === undefined ? [] : [flag, value],
  );
  const isKept = (_: string, index: number): boolean => {
    const flag = AGENT_ARGUMENTS[index - (index % 2)];
    return flag !== undefined && !(flag in flags);
  };
  return [...AGENT_ARGUMENTS.filter(isKept), ...others];
}

/** What every case gets. */
export class Harness {
  readonly network: NodeNetwork;
  readonly agent: AgentProcess;
  readonly sink: ObjectSink;
  /** What is in the sink, the marker aside. */
  readonly #objects = new Map<string, KubeObject>();
  #markerPort = MARKER_PORT_FIRST;
  #hasOtherFlags = false;

  private constructor(network: NodeNetwork, sink: ObjectSink) {
    this.network = network;
    this.sink = sink;
    this.agent = new AgentProcess([...sink.agentArguments, ...AGENT_ARGUMENTS]);
  }

  /** Makes the network, writes the nodes and starts the agent. */
  static async open(sink: ObjectSink = new ManifestFolder("/run/manifests")): Promise<Harness> {
    const harness = new Harness(await createNodeNetwork(PODS), sink);
    await harness.#write({ put: nodes(), gone: [] });
    await harness.agent.firstSync(harness.agent.start());
    await harness.#untilMarked();
    return harness;
  }

  /** Makes the objects so, and returns when the kernel follows them. */
  async apply(...put: readonly KubeObject[]): Promise<void> {
    await this.change({ put, gone: [] });
  }

  /** Takes the objects away, and returns when the kernel has followed. */
  async remove(...gone: readonly KubeObject[]): Promise<void> {
    await this.change({ put: [], gone });
  }

  /** Both at once, as one change where the sink can do that. */
  async change(change: {
    readonly put: readonly KubeObject[];
    readonly gone: readonly KubeObject[];
  }): Promise<void> {
    await this.#write(change);
    await this.#untilMarked();
  }

  /** Writes without waiting: for changes that the agent is to find when it starts. */
  async write(...put: readonly KubeObject[]): Promise<void> {
    await this.#write({ put, gone: [] });
  }

  /** The same for objects that go. */
  async withdraw(...gone: readonly KubeObject[]): Promise<void> {
    await this.#write({ put: [], gone });
  }

  /** Returns when the kernel follows what was written. */
  async synced(): Promise<void> {
    await this.#untilMarked();
  }

  /**
   * Ends the agent and starts it with these flags in place of its own of the same names, such as
   * `{ "--masquerade-all": "true" }`; `undefined` takes one away. The next reset undoes it.
   */
  async restartWith(flags: Flags): Promise<void> {
    await this.agent.end("SIGTERM");
    this.agent.use([...this.sink.agentArguments, ...flagsWith(flags)]);
    this.#hasOtherFlags = Object.keys(flags).length > 0;
    await this.agent.firstSync(this.agent.start());
    await this.#write({ put: [], gone: [] });
    await this.#untilMarked();
  }

  /** As it was at the start: no objects but nodes, all servers quick, the agent running as ever. */
  async reset(): Promise<void> {
    const first = nodes();
    const kept = new Set(first.map(objectId));
    const gone = [...this.#objects.values()].filter((object) => !kept.has(objectId(object)));
    await this.network.restore();
    if (this.#hasOtherFlags) await this.restartWith({});
    if (!this.agent.isRunning) await this.agent.firstSync(this.agent.start());
    await this.change({ put: first, gone });
  }

  /** The virtual service as the kernel has it now, such as `tcp/10.96.0.10:80`. */
  virtualService(id: string): TableService | undefined {
    return ipvsTable().get(id);
  }

  /** The page of `kube-ipvs status`. */
  status(): Promise<StatusView> {
    return agentStatus();
  }

  /** What helps to understand a failure: the kernel's table and the end of the log. */
  async evidence(): Promise<string> {
    const table = await shell(EVIDENCE);
    return `${table}\nthe agent's log:\n${this.agent.logEnd()}`;
  }

  async #write({
    put,
    gone,
  }: {
    readonly put: readonly KubeObject[];
    readonly gone: readonly KubeObject[];
  }): Promise<void> {
    for (const object of put) this.#objects.set(objectId(object), object);
    for (const object of gone) this.#objects.delete(objectId(object));
    this.#markerPort += 1;
    const last = markerObjects(this.#markerPort, this.#markerAddresses());
    await this.sink.write({ put, gone, last });
  }

  #markerAddresses(): readonly string[] {
    const hasExternal = [...this.#objects.values()].some(hasExternalAddresses);
    return hasExternal ? [MARKER_ADDRESS, MARKER_EXTERNAL] : [MARKER_ADDRESS];
  }

  /** The old marker's removal is among the last things that a pass writes. */
  async #untilMarked(): Promise<void> {
    const wanted = this.#markerAddresses().map((one) => `tcp/${one}:${this.#markerPort}`);
    const startMs = performance.now();
    for (;;) {
      const lookMs = performance.now();
      const table = ipvsTable([MARKER_ADDRESS, MARKER_EXTERNAL]);
      const markers = [...table.keys()].filter((id) => id.startsWith(`tcp/${MARKER_ADDRESS}:`));
      const isNew = wanted.every((id) => {
        const destinations = table.get(id)?.destinations.keys() ?? [];
        return [...destinations].join() === `${MARKER_ENDPOINT}:${this.#markerPort}`;
      });
      if (isNew && markers.length === 1) return;
      if (performance.now() - startMs > SYNC_MS_MAX) {
        throw new Error(`the kernel does not follow within ${SYNC_MS_MAX} ms`);
      }
      await sleep(Math.max(POLL_MS, POLL_SHARE * (performance.now() - lookMs)));
    }
  }
}

function hasExternalAddresses(object: KubeObject): boolean {
  if (object.kind !== "Service") return false;
  const { spec, status } = object as V1Service;
  return spec?.externalIPs !== undefined || status !== undefined;
}

function markerObjects(port: number, [address = "", ...externalIPs]: readonly string[]) {
  const words = { name: MARKER, addresses: [address], ports: [{ port }] };
  return [
    service({ ...words, ...(externalIPs.length > 0 && { spec: { externalIPs } }) }),
    slice({
      service: MARKER,
      ports: [{ port }],
      endpoints: [{ address: MARKER_ENDPOINT, node: "elsewhere" }],
    }),
  ];
}
