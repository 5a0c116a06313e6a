/**
 * The cluster as last read: Services, their EndpointSlices and this node, with the names of the
 * Services that changed since the last pass. Level-triggered: it knows what is, not what happened.
 */

import { unreachable } from "../base/assert.ts";
import type { Change, Picture } from "../kube/change.ts";
import {
  type ClusterNode,
  type EndpointSlice,
  type NodeView,
  type ObjectName,
  type Service,
  unknownNode,
} from "../model/cluster.ts";

const NO_SLICES: ReadonlyMap<ObjectName, EndpointSlice> = new Map();

/** What planning reads. */
export class Store {
  readonly #nodeName: string;
  readonly #services = new Map<ObjectName, Service>();
  readonly #slices = new Map<ObjectName, EndpointSlice>();
  readonly #slicesOf = new Map<ObjectName, Map<ObjectName, EndpointSlice>>();
  readonly #dirty = new Set<ObjectName>();
  #node: NodeView;
  #picture: "none" | "partial" | "complete" = "none";

  constructor(nodeName: string) {
    this.#nodeName = nodeName;
    this.#node = unknownNode(nodeName);
  }

  /**
   * `none`: nothing was read yet. `partial`: something unreadable may hide objects that are in force,
   * so nothing may be taken out of the kernel. `complete`: all is known.
   */
  get picture(): "none" | "partial" | "complete" {
    return this.#picture;
  }

  get node(): NodeView {
    return this.#node;
  }

  get serviceCount(): number {
    return this.#services.size;
  }

  service(name: ObjectName): Service | undefined {
    return this.#services.get(name);
  }

  /** The slices of one Service, in the order in which they came to be known. */
  slices(service: ObjectName): EndpointSlice[] {
    return [...(this.#slicesOf.get(service) ?? NO_SLICES).values()];
  }

  /** The names of the Services to plan again; asking empties the list. */
  takeDirty(): ObjectName[] {
    const names = [...this.#dirty];
    this.#dirty.clear();
    return names;
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
        break;
      case "node":
        this.#putNode(change.name, change.value);
        break;
      default:
        unreachable(change);
    }
  }

  #replace({ services, slices, nodes, complete }: Picture): void {
    for (const name of this.#services.keys()) {
      if (!services.has(name)) this.#putService(name, undefined);
    }
    for (const name of this.#slices.keys()) {
      if (!slices.has(name)) this.#putSlice(name, undefined);
    }
    for (const [name, service] of services) this.#putService(name, service);
    for (const [name, slice] of slices) this.#putSlice(name, slice);
    this.#putNode(this.#nodeName, nodes.get(this.#nodeName));
    this.#picture = complete ? "complete" : "partial";
  }

  #putService(name: ObjectName, service: Service | undefined): void {
    if (service) this.#services.set(name, service);
    else this.#services.delete(name);
    this.#dirty.add(name);
  }

  #putSlice(name: ObjectName, slice: EndpointSlice | undefined): void {
    const before = this.#slices.get(name);
    if (before && before.service !== slice?.service) {
      this.#slicesOf.get(before.service)?.delete(name);
      if (this.#slicesOf.get(before.service)?.size === 0) this.#slicesOf.delete(before.service);
      this.#dirty.add(before.service);
    }
    if (!slice) {
      this.#slices.delete(name);
      return;
    }
    this.#slices.set(name, slice);
    const siblings = this.#slicesOf.get(slice.service) ?? new Map<ObjectName, EndpointSlice>();
    siblings.set(name, slice);
    this.#slicesOf.set(slice.service, siblings);
    this.#dirty.add(slice.service);
  }

  #putNode(name: string, node: ClusterNode | undefined): void {
    if (name !== this.#nodeName) return;
    const zone = node?.zone ?? "";
    if (zone === this.#node.zone) return;
    this.#node = { ...this.#node, zone };
    // Topology hints of any Service may count differently now.
    this.touch(this.#services.keys());
  }
}
