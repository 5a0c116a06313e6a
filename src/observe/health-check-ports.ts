/**
 * The ports on which load balancers ask whether this node has endpoints of a Service
 * (`spec.healthCheckNodePort`): one listener for each port and address, answered for the Service that has it.
 */
import type { RequestListener } from "node:http";
import type { Logger } from "pino";
import type { Clock } from "../base/clock.ts";
import type { Address } from "../model/address.ts";
import type { ObjectName } from "../model/cluster.ts";
import type { EventRecorder } from "../model/cluster-event.ts";
import { answerJson, answerText } from "./answer.ts";
import { Listener } from "./listener.ts";

/** What one Service wants. */
export interface HealthCheckWish {
  readonly port: number;
  /** Distinct ready endpoints on this node, over all ports. */
  readonly localEndpoints: number;
  /** Of two Services that want one port the older has it; 0: not known, and younger than all others. */
  readonly createdMs: number;
}

/** What the ports are made with. */
export interface HealthCheckPortsOptions {
  /** Says nothing of the node: that is for `/healthz`. */
  readonly isProxyHealthy: () => boolean;
  readonly clock: Clock;
  readonly log: Logger;
  readonly events: EventRecorder;
  readonly nodeName: string;
}

/** Every address of this node, of both families. */
const ALL_ADDRESSES: ReadonlySet<Address> = new Set(["::"]);

interface Wish extends HealthCheckWish {
  readonly service: ObjectName;
}

interface Port {
  readonly wishes: Map<ObjectName, Wish>;
  readonly listeners: Map<Address, Listener>;
  /** The Service that is answered for, and those that were told that they are not. */
  owner: Wish | undefined;
  readonly told: Set<ObjectName>;
}

/** All ports that are listened on. A change of one Service touches its own port alone. */
export class HealthCheckPorts {
  readonly #options: HealthCheckPortsOptions;
  readonly #portOf = new Map<ObjectName, number>();
  readonly #ports = new Map<number, Port>();
  readonly #closing = new Set<Promise<void>>();
  #addresses = ALL_ADDRESSES;

  constructor(options: HealthCheckPortsOptions) {
    this.#options = options;
  }

  /** Takes what a Service wants now; undefined: nothing. What failed to listen on its port is tried again. */
  set(service: ObjectName, wish: HealthCheckWish | undefined): void {
    const before = this.#portOf.get(service);
    if (before !== undefined && before !== wish?.port) {
      this.#ports.get(before)?.wishes.delete(service);
      this.#portOf.delete(service);
      this.#settle(before);
    }
    if (wish === undefined) return;
    this.#portOf.set(service, wish.port);
    this.#port(wish.port).wishes.set(service, { ...wish, service });
    this.#settle(wish.port);
  }

  /** Listens on these addresses from now on; undefined: on all of this node. */
  listenOn(addresses: Iterable<Address> | undefined): void {
    this.#addresses = addresses === undefined ? ALL_ADDRESSES : new Set(addresses);
    for (const number of this.#ports.keys()) this.#settle(number);
  }

  /** Lets go of every port. */
  async close(): Promise<void> {
    for (const port of this.#ports.values()) this.#closeAll(port);
    this.#ports.clear();
    this.#portOf.clear();
    await Promise.all(this.#closing);
  }

  #port(number: number): Port {
    const known = this.#ports.get(number);
    if (known) return known;
    const port: Port = {
      wishes: new Map(),
      listeners: new Map(),
      owner: undefined,
      told: new Set(),
    };
    this.#ports.set(number, port);
    return port;
  }

  /** Makes a port as its wishes and the addresses want it. */
  #settle(number: number): void {
    const port = this.#port(number);
    const [owner, ...losers] = [...port.wishes.values()].sort(olderFirst);
    port.owner = owner;
    if (owner === undefined) {
      this.#closeAll(port);
      this.#ports.delete(number);
      return;
    }
    this.#tell(port, owner, losers);
    for (const [address, listener] of port.listeners) {
      if (this.#addresses.has(address)) listener.retry();
      else this.#close(port, address, listener);
    }
    for (const address of this.#addresses) {
      if (!port.listeners.has(address)) {
        port.listeners.set(address, this.#listen(number, port, address));
      }
    }
  }

  #listen(number: number, port: Port, host: Address): Listener {
    const { clock, log } = this.#options;
    return new Listener({
      host,
      port: number,
      answer: this.#answer(port),
      clock,
      onListening: () => {
        const service = port.owner?.service;
        log.debug({ service, port: number, host }, "health checks are answered");
      },
      onFailure: (error) => {
        if (port.owner) this.#failed(port.owner.service, number, error.message);
      },
    });
  }

  #answer(port: Port): RequestListener {
    return (_, response) => {
      const { owner } = port;
      if (owner === undefined) return answerText(response, 503, "no Service has this port\n");
      const { service, localEndpoints } = owner;
      const serviceProxyHealthy = this.#options.isProxyHealthy();
      const [namespace, name] = service.split("/");
      const status = localEndpoints > 0 && serviceProxyHealthy ? 200 : 503;
      answerJson(
        response,
        status,
        { service: { namespace, name }, localEndpoints, serviceProxyHealthy },
        { "x-load-balancing-endpoint-weight": String(localEndpoints) },
      );
    };
  }

  /** Tells each Service once that another one has its port. */
  #tell(port: Port, owner: Wish, losers: readonly Wish[]): void {
    const losing = new Set(losers.map(({ service }) => service));
    for (const service of port.told) {
      if (!losing.has(service)) port.told.delete(service);
    }
    for (const { service, port: number } of losers) {
      if (port.told.has(service)) continue;
      port.told.add(service);
      this.#failed(service, number, `the older Service ${owner.service} has this port`);
    }
  }

  #failed(service: ObjectName, port: number, why: string): void {
    const { log, events, nodeName } = this.#options;
    log.warn({ service, port }, `health checks are not answered: ${why}`);
    events.record({
      regarding: { kind: "Service", name: service },
      type: "Warning",
      reason: "FailedToStartServiceHealthcheck",
      action: "Listen",
      note: `Node ${nodeName} does not answer health checks on port ${port}: ${why}.`,
    });
  }

  #closeAll(port: Port): void {
    for (const [address, listener] of port.listeners) this.#close(port, address, listener);
  }

  #close(port: Port, address: Address, listener: Listener): void {
    port.listeners.delete(address);
    const closing = listener.close().finally(() => this.#closing.delete(closing));
    this.#closing.add(closing);
  }
}

function olderFirst(a: Wish, b: Wish): number {
  const ageA = a.createdMs || Number.POSITIVE_INFINITY;
  const ageB = b.createdMs || Number.POSITIVE_INFINITY;
  if (ageA !== ageB) return ageA < ageB ? -1 : 1;
  return a.service < b.service ? -1 : 1;
}
