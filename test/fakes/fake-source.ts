/** A source of cluster objects that a test speaks for. */
import type { Change, ClusterSource, Picture, SourceProblem } from "../../src/kube/change.ts";
import type { EndpointSlice, ObjectName, Service } from "../../src/model/cluster.ts";

/** Tells what is put into it, a batch a call of `tell`. */
export class FakeSource implements ClusterSource {
  /** What `problems()` answers. */
  readonly wrong: SourceProblem[] = [];
  readonly #batches: (readonly Change[])[] = [];
  #wake: () => void = () => {};

  /** Hands on one batch. */
  tell(...changes: readonly Change[]): void {
    this.#batches.push(changes);
    this.#wake();
  }

  async *changes(signal: AbortSignal): AsyncGenerator<readonly Change[], void> {
    signal.addEventListener("abort", () => this.#wake());
    while (!signal.aborted) {
      const batch = this.#batches.shift();
      if (batch) yield batch;
      else await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }

  problems(): readonly SourceProblem[] {
    return this.wrong;
  }
}

/** A picture of these objects. */
export function picture(
  services: readonly Service[],
  slices: readonly EndpointSlice[],
  parts: Partial<Picture> = {},
): Picture {
  return {
    services: byName(services),
    slices: byName(slices),
    nodes: new Map(),
    complete: true,
    ...parts,
  };
}

function byName<T extends { readonly name: ObjectName }>(objects: readonly T[]): Map<string, T> {
  return new Map(objects.map((one) => [one.name, one]));
}
