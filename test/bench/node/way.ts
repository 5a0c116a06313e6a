/** What one way to the pods costs its clients, and the node. In rounds: what else the machine does comes in bursts. */
import { setTimeout as sleep } from "node:timers/promises";
import {
  type ClientTraffic,
  hold,
  type Latency,
  type LoadResult,
  load,
} from "../../lab/traffic.ts";
import { median } from "../row.ts";
import { busyDuring } from "./processor.ts";

/** The namespace of whoever asks. */
export const CLIENT_NAME = "client";

/** One after the other, in each round. */
const CONNECTIONS = 500;
const ROUNDS = 8;
/** So few that the processor has time for all of them in every mode, at least with few Services. */
const RATE_PER_S = 100;
const RATE_MS = 5_000;
const RATE_ROUNDS = 5;
/** Room for those that wait: the next ones come when they are due nevertheless. */
const RATE_CONCURRENCY = 256;
const PERCENT = 100;
const KEPT_MS = 2_000;
const KEPT_ROUNDS = 4;
const KEPT_INTERVAL_MS = 10;
const ANSWER_MS_MAX = 5_000;

/** One way to the pods. */
export interface WayResult {
  /** From connect to answer. */
  readonly fresh: Latency;
  /** A line and its answer on a connection that stays. */
  readonly kept: Latency;
  readonly atRate: RateResult;
}

/** New connections at a fixed rate. Of the whole node, clients and pods included, less what it uses anyway. */
export interface RateResult {
  /** Answered; less than was wanted where the node cannot do more. */
  readonly connectionsPerS: number;
  readonly failed: number;
  readonly processorMsPer1000: number;
  readonly processorPercent: number;
}

/** Asks from the client, one connection after the other, and then on connections that stay. */
export async function measureWay(to: readonly string[]): Promise<WayResult> {
  const options = { namespace: CLIENT_NAME, to, timeoutMs: ANSWER_MS_MAX };
  await load({ ...options, requests: to.length * 4 });
  const fresh = await inRounds(ROUNDS, () => load({ ...options, requests: CONNECTIONS }));
  const kept = await inRounds(KEPT_ROUNDS, async () => {
    const held = await hold({
      ...options,
      connections: to.length,
      durationMs: KEPT_MS,
      intervalMs: KEPT_INTERVAL_MS,
    });
    return await held.result;
  });
  const rates: RateResult[] = [];
  for (let round = 0; round < RATE_ROUNDS; round++) rates.push(await atRate(options));
  return { fresh: medianLatency(fresh), kept: medianLatency(kept), atRate: medianRate(rates) };
}

async function inRounds(count: number, round: () => Promise<LoadResult>): Promise<Latency[]> {
  const found: Latency[] = [];
  for (let done = 0; done < count; done++) found.push(mustAnswer(await round()));
  return found;
}

/** Of rounds the medians, and of all the extremes. */
export function medianLatency(rounds: readonly Latency[]): Latency {
  return {
    min: Math.min(...rounds.map(({ min }) => min)),
    median: median(rounds.map((round) => round.median)),
    p99: median(rounds.map(({ p99 }) => p99)),
    max: Math.max(...rounds.map(({ max }) => max)),
  };
}

/** As fast as possible would find how long one takes, again: the processor is never idle then. */
async function atRate(options: ClientTraffic): Promise<RateResult> {
  const quiet = await busyDuring(() => sleep(RATE_MS));
  const { result, busyS, tookS } = await busyDuring(() =>
    load({
      ...options,
      durationMs: RATE_MS,
      ratePerS: RATE_PER_S,
      concurrency: RATE_CONCURRENCY,
    }),
  );
  return rateResult({
    ...{ answered: result.answered, failed: result.failed, busyS, tookS },
    quietShare: quiet.busyS / quiet.tookS,
  });
}

/** Each figure for itself; the connections that failed in any of them. */
export function medianRate(rounds: readonly RateResult[]): RateResult {
  return {
    connectionsPerS: median(rounds.map(({ connectionsPerS }) => connectionsPerS)),
    failed: rounds.reduce((sum, { failed }) => sum + failed, 0),
    processorMsPer1000: median(rounds.map(({ processorMsPer1000 }) => processorMsPer1000)),
    processorPercent: median(rounds.map(({ processorPercent }) => processorPercent)),
  };
}

/** What was counted, in figures. Pure. */
export function rateResult({
  answered,
  failed,
  busyS,
  tookS,
  quietShare,
}: {
  readonly answered: number;
  readonly failed: number;
  readonly busyS: number;
  readonly tookS: number;
  /** Of one processor, without any of it. */
  readonly quietShare: number;
}): RateResult {
  const ownS = busyS - quietShare * tookS;
  return {
    connectionsPerS: answered / tookS,
    failed,
    processorMsPer1000: (ownS * 1_000 * 1_000) / answered,
    processorPercent: (ownS / tookS) * PERCENT,
  };
}

function mustAnswer({ failed, failures, latencyMs }: LoadResult): Latency {
  if (failed > 0 || !latencyMs) throw new Error(`requests failed: ${JSON.stringify(failures)}`);
  return latencyMs;
}
