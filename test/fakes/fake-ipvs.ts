/** The `Ipvs` interface over the fake kernel's table: what the real client would answer to the same calls. */
import type { Ipvs, IpvsInfo, IpvsTimeouts } from "../../src/ipvs/ipvs.ts";
import type { ObservedDestination, ObservedService, Traffic } from "../../src/model/counters.ts";
import type { IpvsOperation, OperationFailure } from "../../src/model/operation.ts";
import type { SchedulerName } from "../../src/model/scheduler.ts";
import type { Destination, ServiceKey } from "../../src/model/virtual-service.ts";
import type { FakeKernel } from "./fake-kernel.ts";

const NO_TRAFFIC: Traffic = {
  connections: 0n,
  packetsIn: 0n,
  packetsOut: 0n,
  bytesIn: 0n,
  bytesOut: 0n,
  connectionsPerS: 0n,
  packetsInPerS: 0n,
  packetsOutPerS: 0n,
  bytesInPerS: 0n,
  bytesOutPerS: 0n,
};

/** Deleting what is absent is success. */
const GONE = new Set(["ESRCH", "ENOENT"]);

/** Made by {@link FakeKernel}. */
export class FakeIpvs implements Ipvs {
  readonly #kernel: FakeKernel;
  #timeouts: IpvsTimeouts = { tcpS: 900, tcpFinS: 120, udpS: 300 };

  constructor(kernel: FakeKernel) {
    this.#kernel = kernel;
  }

  async info(): Promise<IpvsInfo> {
    await this.#kernel.enter("info");
    return { version: "1.2.1", connectionTableSize: 4096 };
  }

  async timeouts(): Promise<IpvsTimeouts> {
    await this.#kernel.enter("timeouts");
    return this.#timeouts;
  }

  async setTimeouts({ tcpS, tcpFinS, udpS }: IpvsTimeouts): Promise<void> {
    await this.#kernel.enter("setTimeouts");
    this.#timeouts = {
      tcpS: tcpS || this.#timeouts.tcpS,
      tcpFinS: tcpFinS || this.#timeouts.tcpFinS,
      udpS: udpS || this.#timeouts.udpS,
    };
  }

  async services(): Promise<readonly ObservedService[]> {
    await this.#kernel.enter("services");
    return this.#kernel.table
      .services()
      .map((service) => ({ ...service, traffic: () => NO_TRAFFIC }));
  }

  async eachService(visit: (service: ObservedService) => void): Promise<void> {
    for (const service of await this.services()) visit(service);
  }

  async destinations(
    keys: readonly ServiceKey[],
  ): Promise<(readonly ObservedDestination[] | undefined)[]> {
    await this.#kernel.enter("destinations");
    return keys.map((key) =>
      this.#kernel.table.destinations(key)?.map((destination) => this.#observe(key, destination)),
    );
  }

  async write(operations: readonly IpvsOperation[]): Promise<readonly OperationFailure[]> {
    if (operations.length === 0) return [];
    await this.#kernel.enter("write");
    return this.#kernel.carryOut(operations, (operation) => {
      const code = this.#kernel.table.apply(operation);
      const deletes =
        operation.kind === "delete-service" || operation.kind === "delete-destination";
      return deletes && code !== undefined && GONE.has(code) ? undefined : code;
    });
  }

  async hasScheduler(name: SchedulerName): Promise<boolean | undefined> {
    await this.#kernel.enter("hasScheduler");
    return this.#kernel.canProbeSchedulers ? this.#kernel.table.schedulers.has(name) : undefined;
  }

  close(): void {
    this.#kernel.closed.add("ipvs");
  }

  #observe(key: ServiceKey, destination: Destination): ObservedDestination {
    const { active, inactive, persistent } = this.#kernel.table.connections(key, destination);
    return {
      ...destination,
      activeConnections: active,
      inactiveConnections: inactive,
      persistentConnections: persistent,
      traffic: () => NO_TRAFFIC,
    };
  }
}
