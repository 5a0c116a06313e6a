/**
 * The cluster as last read: Services, their EndpointSlices and this node, with the names of the
 * Services that changed since the last pass. Level-triggered: it knows what is, not what happened.
 */

import { unreachable } from "../base/assert.ts";
import { type Change, type Circumstances, type Picture, PLAIN } from "../kube/change.ts";
import type { Address } from "../model/address.ts";
import {
  type ClusterNode,
  type EndpointSlice,
  type NodeView,
  type ObjectName,
  objectName,
  type Service,
  unknownNode,
} from "../model/cluster.ts";
import type { InterfaceAddress, NodePortAddresses } from "../model/node-port-addresses.ts";
import { dependsOn, isNothing, nodeViewChange } from "./node-change.ts";
import { nodeView } from "./node-view.ts";
import { Slices } from "./slices.ts";
import { Triggers } from "./triggers.ts";

/** Where the API server answers: its addresses are those of this Service's endpoints. */
const API_SERVICE = objectName("default", "kubernetes");

/** What is known of this node's addresses, and which of them serve node ports. */
export interface NodeAddressFacts {
  /** Of all interfaces but `kube-ipvs0`. */
  readonly interfaceAddresses: readonly InterfaceAddress[];
  readonly nodePortAddresses: NodePortAddresses;
  /** Beats the Node's main address of its family; undefined for none. */
  readonly bindAddress: Address | undefined;
}

/** What is known before any object is read. */
export interface StoreOptions extends NodeAddressFacts {
  readonly nodeName: string;
}

/** What planning reads. */
export class Store {
  readonly triggers = new Triggers();
  readonly #options: StoreOptions;
  readonly #services = new Map<ObjectName, Service>();
  readonly #slices = new Slices();
  readonly #nodes = new Map<string, ClusterNode>();
  readonly #dirty = new Set<ObjectName>();
  #changes = 0;
  #interfaceAddresses: readonly InterfaceAddress[];
  /** As of the last look; see {@link Store.node}. */
  #node: NodeView;
  /** A fact about the node may have changed since the last look: a list of peers is one look, not thousands. */
  #isNodeInDoubt = true;
  /** Since Services were last taken. */
  #hasNodeChanged = false;
  #picture: "none" | "partial" | "complete" = "none";
  #circumstances = PLAIN;

  constructor(options: StoreOptions) {
    this.#options = options;
    this.#interfaceAddresses = options.interfaceAddresses;
    this.#node = unknownNode(options.nodeName);
  }

  /**
   * `none`: nothing was read yet. `partial`: something unreadable may hide objects that are in force,
   * so nothing may be taken out of the kernel. `complete`: all is known.
   */
  get picture(): "none" | "partial" | "complete" {
    return this.#picture;
  }

  /** What may stand in the kernel that no object speaks for, and whom the node depends on. */
  get circumstances(): Circumstances {
    return this.#circumstances;
  }

  get node(): NodeView {
    if (this.#isNodeInDoubt) this.#lookAtNode();
    return this.#node;
  }

  /** This node's own object; undefined before it is registered. */
  get nodeObject(): ClusterNode | undefined {
    return this.#nodes.get(this.#options.nodeName);
  }

  /** Takes the addresses of all interfaces but `kube-ipvs0`. */
  setInterfaceAddresses(addresses: readonly InterfaceAddress[]): void {
    this.#interfaceAddresses = addresses;
    this.#isNodeInDoubt = true;
  }

  get serviceCount(): number {
    return this.#services.size;
  }

  service(name: ObjectName): Service | undefined {
    return this.#services.get(name);
  }

  /** The slices of one Service, in the order in which they came to be known. */
  slices(service: ObjectName): readonly EndpointSlice[] {
    return this.#slices.of(service);
  }

  /**
   * The names of the Services to plan again; asking takes them from the list. `choose` may leave some of them for
   * later; it is not asked after a change of the node, which all plans have to follow at once.
   */
  takeDirty(
    choose?: (dirty: ReadonlySet<ObjectName>) => readonly ObjectName[],
  ): readonly ObjectName[] {
    if (this.#isNodeInDoubt) this.#lookAtNode();
    const names = choose && !this.#hasNodeChanged ? choose(this.#dirty) : [...this.#dirty];
    this.#hasNodeChanged = false;
    for (const name of names) this.#dirty.delete(name);
    return names;
  }

  /** Services that are to be planned again. */
  get dirtyCount(): number {
    return this.#dirty.size;
  }

  /** Changes of Services and their slices so far, also those of a Service that is on the list already. */
  get changeCount(): number {
    return this.#changes;
  }

  /** True for one of those. */
  isDirty(name: ObjectName): boolean {
    return this.#dirty.has(name);
  }

  /** Puts Services back on the list: their plan depends on something else that changed. */
  touch(names: Iterable<ObjectName>): void {
    for (const name of names) this.#dirty.add(name);
  }

  /** Takes one change from a source. */
  accept(change: Change): void {
    switch (change.kind) {
      case "replaced":
        this.#replace(change.picture);
        break;
      case "service":
        this.#putService(change.name, change.value);
        break;
      case "slice":
        this.#putSlice(change.name, change.value);
        this.triggers.note(change.value);
        break;
      case "node":
        this.#putNode(change.name, change.value);
        this.#isNodeInDoubt = true;
        break;
      case "circumstances":
        this.#setCircumstances(change.value);
        break;
      default:
        unreachable(change);
    }
  }

  #replace({ services, slices, nodes, complete, circumstances = PLAIN }: Picture): void {
    for (const name of this.#services.keys()) {
      if (!services.has(name)) this.#putService(name, undefined);
    }
    for (const name of this.#slices.names()) {
      if (!slices.has(name)) this.#putSlice(name, undefined);
    }
    for (const [name, service] of services) this.#putService(name, service);
    for (const [name, slice] of slices) this.#putSlice(name, slice);
    this.#nodes.clear();
    for (const [name, node] of nodes) this.#putNode(name, node);
    this.#setCircumstances(circumstances);
    // Of what was there before the start nobody waits to hear how long it took.
    this.triggers.clear();
    this.#picture = complete ? "complete" : "partial";
  }

  /** Endpoints that are hidden no longer are looked at again: they may be gone for good. */
  #setCircumstances(after: Circumstances): void {
    for (const name of this.#circumstances.hidesEndpointsOf) this.#dirty.add(name);
    this.#circumstances = after;
    this.#isNodeInDoubt = true;
  }

  #putService(name: ObjectName, service: Service | undefined): void {
    this.#changes += 1;
    if (service) this.#services.set(name, service);
    else this.#services.delete(name);
    this.#dirty.add(name);
  }

  #putSlice(name: ObjectName, slice: EndpointSlice | undefined): void {
    this.#changes += 1;
    for (const service of this.#slices.put(name, slice)) {
      this.#isNodeInDoubt ||= service === API_SERVICE;
      this.#dirty.add(service);
    }
  }

  #putNode(name: string, node: ClusterNode | undefined): void {
    if (node) this.#nodes.set(name, node);
    else this.#nodes.delete(name);
  }

  /** Services whose plan depends on what changed about the node are planned again. */
  #lookAtNode(): void {
    this.#isNodeInDoubt = false;
    const api = this.slices(API_SERVICE).flatMap(({ endpoints }) => endpoints);
    const after = nodeView({
      name: this.#options.nodeName,
      nodes: this.#nodes,
      apiServerAddresses: api.map(({ address }) => address),
      serverAddresses: this.#circumstances.serverAddresses,
      awaitsPeers: this.#circumstances.awaitsPeers,
      interfaceAddresses: this.#interfaceAddresses,
      nodePortAddresses: this.#options.nodePortAddresses,
      bindAddress: this.#options.bindAddress,
    });
    const change = nodeViewChange(this.#node, after);
    if (isNothing(change)) return;
    this.#node = after;
    this.#hasNodeChanged = true;
    for (const [name, service] of this.#services) {
      const slices = this.#slices.of(name);
      if (dependsOn(change, service, slices)) this.#dirty.add(name);
    }
  }
}
