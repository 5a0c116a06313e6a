/** The `ServiceInterface` over the fake kernel's link. */
import { HostError } from "../../src/host/host-error.ts";
import { SERVICE_INTERFACE, type ServiceInterface } from "../../src/host/service-interface.ts";
import type { Address } from "../../src/model/address.ts";
import type { AddressOperation, OperationFailure } from "../../src/model/operation.ts";
import type { FakeKernel, FakeLink } from "./fake-kernel.ts";

/** Made by {@link FakeKernel}. */
export class FakeServiceInterface implements ServiceInterface {
  readonly #kernel: FakeKernel;

  constructor(kernel: FakeKernel) {
    this.#kernel = kernel;
  }

  async ensure(): Promise<"created" | "present"> {
    await this.#kernel.enter("ensure");
    if (this.#link() !== undefined) return "present";
    this.#kernel.addLink("dummy");
    return "created";
  }

  async addresses(): Promise<readonly Address[] | undefined> {
    await this.#kernel.enter("addresses");
    const link = this.#link();
    return link && [...link.addresses];
  }

  async write(operations: readonly AddressOperation[]): Promise<readonly OperationFailure[]> {
    if (operations.length === 0) return [];
    await this.#kernel.enter("writeAddresses");
    const link = this.#link();
    return this.#kernel.carryOut(operations, ({ kind, address }) => {
      if (kind === "delete-address") {
        link?.addresses.delete(address);
        return undefined;
      }
      if (link === undefined) return "ENODEV";
      if (isMulticastIpv6(address)) return "EADDRNOTAVAIL";
      link.addresses.add(address);
      return undefined;
    });
  }

  close(): void {
    this.#kernel.closed.add("link");
  }

  /** The link if it is ours; another kind is refused. */
  #link(): FakeLink | undefined {
    const { serviceLink } = this.#kernel;
    if (serviceLink === undefined || serviceLink.kind === "dummy") return serviceLink;
    throw new HostError(
      "WRONG_LINK_KIND",
      `${SERVICE_INTERFACE} is a ${serviceLink.kind} link, not a dummy: rename it or delete it`,
    );
  }
}

function isMulticastIpv6(address: Address): boolean {
  return address.startsWith("ff") && address.includes(":");
}
