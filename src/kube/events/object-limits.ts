/** A limit for each object by itself, so that one noisy Service cannot use up what all may say. */
import { type Rate, TokenBucket } from "./token-bucket.ts";

/** Objects that are remembered; a further one waits until one of them has been quiet long enough. */
export const LIMITED_OBJECTS_MAX = 4_096;

/** A bucket for each object that did something lately. */
export class ObjectLimits {
  readonly #rate: Rate;
  readonly #buckets = new Map<string, TokenBucket>();

  constructor(rate: Rate) {
    this.#rate = rate;
  }

  /** Takes one of what `object` may; false when it may no more. */
  take(object: string, nowMs: number): boolean {
    const known = this.#buckets.get(object);
    if (known) return known.take(nowMs);
    if (this.#buckets.size >= LIMITED_OBJECTS_MAX) this.#forgetQuietOnes(nowMs);
    if (this.#buckets.size >= LIMITED_OBJECTS_MAX) return false;
    const bucket = new TokenBucket(this.#rate, nowMs);
    this.#buckets.set(object, bucket);
    return bucket.take(nowMs);
  }

  #forgetQuietOnes(nowMs: number): void {
    for (const [object, bucket] of this.#buckets) {
      if (bucket.isFull(nowMs)) this.#buckets.delete(object);
    }
  }
}
