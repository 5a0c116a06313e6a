/** What a source of cluster objects tells: the whole picture first, then one object after the other. */
import type { Address } from "../model/address.ts";
import type { ClusterNode, EndpointSlice, ObjectName, Service } from "../model/cluster.ts";

/** Every object that a source knows at one moment. */
export interface Picture {
  readonly services: ReadonlyMap<ObjectName, Service>;
  readonly slices: ReadonlyMap<ObjectName, EndpointSlice>;
  /** By the node's name. */
  readonly nodes: ReadonlyMap<string, ClusterNode>;
  /**
   * False while the source holds something unreadable of which it knows no earlier version, and cannot say
   * in its circumstances whose it is. Then the picture may lack objects that are in force, and nothing may
   * be taken out of the kernel because of that. Once a source has told a complete picture, it never tells an incomplete one again.
   */
  readonly complete: boolean;
  /** {@link PLAIN} when absent. */
  readonly circumstances?: Circumstances;
}

/** What a source knows beside the objects that it tells. */
export interface Circumstances {
  /** Where it reaches the API server: no Service may take these from outside. */
  readonly serverAddresses: readonly Address[];
  /** It is not known yet which addresses other nodes have, and some Service has external ones. */
  readonly awaitsPeers: boolean;
  /** Some Service cannot be read and was never readable: the kernel may hold something of it. */
  readonly hidesServices: boolean;
  /** Services with an EndpointSlice of that sort: the kernel may hold endpoints of it. */
  readonly hidesEndpointsOf: ReadonlySet<ObjectName>;
}

/** All is as the objects say. */
export const PLAIN: Circumstances = {
  serverAddresses: [],
  awaitsPeers: false,
  hidesServices: false,
  hidesEndpointsOf: new Set(),
};

/** Compares two. */
export function sameCircumstances(a: Circumstances, b: Circumstances): boolean {
  return (
    a.awaitsPeers === b.awaitsPeers &&
    a.hidesServices === b.hidesServices &&
    a.serverAddresses.join() === b.serverAddresses.join() &&
    [...a.hidesEndpointsOf].join() === [...b.hidesEndpointsOf].join()
  );
}

/** What a source knew when it was asked once, for commands that look and leave. */
export interface Snapshot {
  readonly picture: Picture;
  readonly problems: readonly SourceProblem[];
}

/** One difference to what was told before. A value of `undefined` means that the object is gone. */
export type Change =
  | { readonly kind: "replaced"; readonly picture: Picture }
  | { readonly kind: "service"; readonly name: ObjectName; readonly value: Service | undefined }
  | { readonly kind: "slice"; readonly name: ObjectName; readonly value: EndpointSlice | undefined }
  | { readonly kind: "node"; readonly name: string; readonly value: ClusterNode | undefined }
  | { readonly kind: "circumstances"; readonly value: Circumstances };

/** What is wrong in a source, for logs and `status`; equal problems have equal texts. */
export interface SourceProblem {
  /** File or resource, as the user named it. */
  readonly file: string;
  /** From 1; 0 when it is about the whole file or folder. */
  readonly line: number;
  /** Such as `Service default/web`; "" when it is about no one object or its name is unreadable. */
  readonly object: string;
  /** Such as `spec.ports[1].port`; "" when it is about no one field. */
  readonly field: string;
  /** What is wrong, what was found and expected, and what holds instead: for people. */
  readonly message: string;
}

/** `web.yaml:12: Service default/web: spec.ports[0].port: ...`, leaving out what is empty. */
export function sourceProblemText(problem: SourceProblem): string {
  const place = problem.line > 0 ? `${problem.file}:${problem.line}` : problem.file;
  return [place, problem.object, problem.field, problem.message].filter(Boolean).join(": ");
}

/** A place that cluster objects come from: a folder of manifests, or the API server. */
export interface ClusterSource {
  /**
   * An endless sequence of batches, ended by `signal` alone; never empty batches. The first batch is one
   * `replaced`. Each later one holds only objects that really differ (or a `replaced` again). Whatever
   * goes wrong outside stays inside: it is a problem, and the last good state goes on. Call it once.
   */
  changes(signal: AbortSignal): AsyncGenerator<readonly Change[], void>;
  /** Everything that is wrong now, in a stable order. */
  problems(): readonly SourceProblem[];
}
