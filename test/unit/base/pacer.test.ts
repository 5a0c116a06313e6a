/** The pacer: one run for any number of requests, never two at once, never too soon. */
import { describe, expect, test } from "vitest";
import { Pacer } from "../../../src/base/pacer.ts";
import { ManualClock } from "../../fakes/manual-clock.ts";

interface Bench {
  readonly clock: ManualClock;
  readonly pacer: Pacer;
  readonly startsMs: number[];
  readonly errors: unknown[];
}

function bench({
  takesMs = 0,
  fails = () => false,
}: {
  takesMs?: number;
  fails?: () => boolean;
}): Bench {
  const clock = new ManualClock();
  const startsMs: number[] = [];
  const errors: unknown[] = [];
  const run = async (): Promise<void> => {
    startsMs.push(clock.nowMs());
    if (takesMs > 0) await clock.sleep(takesMs);
    if (fails()) throw new Error("no luck");
  };
  const onError = (err: unknown): void => {
    errors.push(err);
  };
  const options = { minMs: 100, retryMs: 1_000, retryMsMax: 3_000, clock, onError };
  return { clock, pacer: new Pacer(run, options), startsMs, errors };
}

describe("Pacer", () => {
  test("runs at once after idle, but not inside the request", async () => {
    const { clock, pacer, startsMs } = bench({});
    pacer.request();
    expect(startsMs).toEqual([]);
    await clock.settle();
    expect(startsMs).toEqual([0]);
  });

  test("makes one run of any number of requests", async () => {
    const { clock, pacer, startsMs } = bench({});
    for (let i = 0; i < 50; i++) pacer.request();
    await clock.advance(10_000);
    expect(startsMs).toEqual([0]);
  });

  test("runs once more, minMs after the end, when asked during a run", async () => {
    const { clock, pacer, startsMs } = bench({ takesMs: 30 });
    pacer.request();
    await clock.advance(10);
    pacer.request();
    pacer.request();
    await clock.advance(10_000);
    expect(startsMs).toEqual([0, 130]);
  });

  test("waits for the rest of minMs when asked soon after a run", async () => {
    const { clock, pacer, startsMs } = bench({});
    pacer.request();
    await clock.advance(40);
    pacer.request();
    await clock.advance(59);
    expect(startsMs).toEqual([0]);
    await clock.advance(1);
    expect(startsMs).toEqual([0, 100]);
  });

  test("repeats a failed run with doubling waits up to the limit, and tells of each failure", async () => {
    const { clock, pacer, startsMs, errors } = bench({ fails: () => true });
    pacer.request();
    await clock.advance(9_500);
    expect(startsMs).toEqual([0, 1_000, 3_000, 6_000, 9_000]);
    expect(errors).toHaveLength(5);
  });

  test("is idle again after a repeated run succeeds", async () => {
    let luck = 2;
    const { clock, pacer, startsMs } = bench({ fails: () => luck-- > 0 });
    pacer.request();
    await clock.advance(60_000);
    expect(startsMs).toEqual([0, 1_000, 3_000]);
  });

  test("does not make a request wait for the retry of a failed run", async () => {
    let luck = 1;
    const { clock, pacer, startsMs } = bench({ fails: () => luck-- > 0 });
    pacer.request();
    await clock.advance(200);
    pacer.request();
    await clock.advance(10_000);
    expect(startsMs).toEqual([0, 200]);
  });

  test("stop waits for the present run and starts no other", async () => {
    const { clock, pacer, startsMs } = bench({ takesMs: 30 });
    pacer.request();
    await clock.advance(10);
    pacer.request();
    let stopped = false;
    const stopping = pacer.stop().then(() => {
      stopped = true;
    });
    await clock.settle();
    expect(stopped).toBe(false);
    await clock.advance(20);
    await stopping;
    pacer.request();
    await clock.advance(10_000);
    expect(startsMs).toEqual([0]);
  });

  test("stop ends a wait for a retry", async () => {
    const { clock, pacer, startsMs } = bench({ fails: () => true });
    pacer.request();
    await clock.advance(500);
    await pacer.stop();
    await clock.advance(10_000);
    expect(startsMs).toEqual([0]);
  });
});
