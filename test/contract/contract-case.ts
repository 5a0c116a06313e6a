/** What a contract suite is made of: cases that any runner can run, inside a bare guest too. */
import type { ServiceInterface } from "../../src/host/service-interface.ts";
import type { Ipvs } from "../../src/ipvs/ipvs.ts";

/** One promise of the interfaces, checked. */
export interface ContractCase {
  /** A sentence about behaviour. */
  readonly name: string;
  /** Rejects when the promise is broken. Cases run one after the other, in order. */
  run(): Promise<void>;
}

/** An empty kernel, and what a test may do to it from outside. */
export interface OpenKernel {
  readonly ipvs: Ipvs;
  readonly link: ServiceInterface;
  /** Somebody else creates a link named `kube-ipvs0` that is no dummy; resolves to its kind. */
  addForeignLink(): Promise<string>;
  /** Somebody else deletes the link `kube-ipvs0`. */
  deleteLink(): Promise<void>;
  /** Leaves an empty kernel behind. */
  dispose(): Promise<void>;
}

/** What cases get: a fresh kernel for the time of `body`. */
export type WithKernel = (body: (kernel: OpenKernel) => Promise<void>) => () => Promise<void>;
