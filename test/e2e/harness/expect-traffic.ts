/** What traffic must do, as one line of a case. A failure says what was found. */
import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import {
  type FailureKind,
  type LoadOptions,
  type LoadResult,
  load,
  startLoad,
} from "../../lab/traffic.ts";

/** A client (`namespace`; the node itself when absent) and where it asks. */
export type Ask = LoadOptions;

const REQUESTS = 12;
/** Longer than TCP waits before it says again what was lost: here it matters who answers, not how soon. */
const TIMEOUT_MS = 2_500;
/** What is neither answered nor refused by then is silence. */
const SILENCE_MS = 300;
/** The kernel says no at once. */
const REFUSED_MS_MAX = 600;
const POLL_MS = 50;

/** Asks some times, and returns what was found whatever it is. */
export function ask(options: Ask): Promise<LoadResult> {
  const { requests = REQUESTS, timeoutMs = TIMEOUT_MS, ...rest } = options;
  return load({ requests, timeoutMs, concurrency: 1, ...rest });
}

/** Every request is answered, by exactly these pods together. */
export async function expectPods(options: Ask, pods: readonly string[]): Promise<LoadResult> {
  const found = await ask(options);
  assert.equal(found.failed, 0, `${text(options)} failed: ${JSON.stringify(found)}`);
  assert.deepEqual(Object.keys(found.pods).toSorted(), [...pods].toSorted(), text(options));
  return found;
}

/** Every request is answered, and the pods saw exactly these client addresses. */
export async function expectSeen(options: Ask, seen: readonly string[]): Promise<void> {
  const found = await ask(options);
  assert.equal(found.failed, 0, `${text(options)} failed: ${JSON.stringify(found)}`);
  assert.deepEqual(Object.keys(found.seen).toSorted(), [...seen].toSorted(), text(options));
}

/** No request is answered, and each is told so at once: a reset or an ICMP message. */
export async function expectRefused(options: Ask): Promise<void> {
  const found = await ask({ requests: 3, ...options });
  assert.deepEqual(failures(found), { refused: 3 }, `${text(options)}: ${JSON.stringify(found)}`);
  const each = found.tookMs / 3;
  assert.ok(each < REFUSED_MS_MAX, `${text(options)}: refused only after ${each} ms`);
}

/** No request is answered, and nobody says why. */
export async function expectSilence(options: Ask): Promise<void> {
  const found = await ask({ requests: 2, concurrency: 2, timeoutMs: SILENCE_MS, ...options });
  assert.deepEqual(failures(found), { timeout: 2 }, `${text(options)}: ${JSON.stringify(found)}`);
}

/** No request is answered, in whatever way. */
export async function expectNoAnswer(options: Ask): Promise<void> {
  const found = await ask({ requests: 2, concurrency: 2, timeoutMs: SILENCE_MS, ...options });
  assert.equal(found.answered, 0, `${text(options)}: ${JSON.stringify(found)}`);
}

/** Requests that go on while something happens. */
const BACKGROUND_RATE = 50;
const BACKGROUND_CONNECTIONS = 16;
const BACKGROUND_MS_MAX = 200_000;

/** Has requests going on during `body`, and returns what became of them: none may have failed. */
export async function withoutFailure(
  options: Omit<Ask, "requests">,
  body: () => Promise<void>,
): Promise<LoadResult> {
  const running = startLoad({
    ratePerS: BACKGROUND_RATE,
    concurrency: BACKGROUND_CONNECTIONS,
    durationMs: BACKGROUND_MS_MAX,
    ...options,
  });
  try {
    await body();
  } finally {
    await running.stop();
  }
  const found = await running.result;
  assert.ok(found.answered > 0, `${text(options)}: nothing was asked`);
  assert.equal(found.failed, 0, `${text(options)} meanwhile: ${JSON.stringify(found)}`);
  return found;
}

/** Has requests going on during `body`, as fast as they fail: none may be answered. */
export async function withoutAnswer(
  options: Omit<Ask, "requests">,
  body: () => Promise<void>,
): Promise<void> {
  const running = startLoad({
    ...{ concurrency: BACKGROUND_CONNECTIONS, durationMs: BACKGROUND_MS_MAX },
    ...{ timeoutMs: SILENCE_MS, ...options },
  });
  try {
    await body();
  } finally {
    await running.stop();
  }
  const found = await running.result;
  assert.ok(found.failed > 0, `${text(options)}: nothing was asked`);
  assert.equal(found.answered, 0, `${text(options)} meanwhile: ${JSON.stringify(found)}`);
}

/** Of a client that keeps sending: more often than it waits for answers. */
const FLOW_RATE = 20;
const FLOW_TIMEOUT_MS = 200;
/** Each client of {@link whileFlowing} has one of its own, from this one on. */
const FLOW_PORT_FIRST = 12_400;

/**
 * Has UDP clients send all the time during `body`, each from one port as one flow, whether they are
 * answered or not. Returns what each found.
 */
export async function whileFlowing(
  asks: readonly Ask[],
  body: () => Promise<void>,
): Promise<readonly LoadResult[]> {
  const flows = asks.map((client, index) =>
    startLoad({
      ...{ ratePerS: FLOW_RATE, timeoutMs: FLOW_TIMEOUT_MS, durationMs: BACKGROUND_MS_MAX },
      ...{ ...client, protocol: "udp", sourcePort: FLOW_PORT_FIRST + index },
    }),
  );
  try {
    await body();
  } finally {
    for (const flow of flows) await flow.stop();
  }
  return Promise.all(flows.map(({ result }) => result));
}

/** Waits until `is` holds; `what` is for the message. */
export async function eventually(
  what: string,
  is: () => boolean | Promise<boolean>,
  msMax = 30_000,
): Promise<void> {
  const startMs = performance.now();
  while (!(await is())) {
    assert.ok(performance.now() - startMs < msMax, `not within ${msMax} ms: ${what}`);
    await sleep(POLL_MS);
  }
}

/** The kinds of failure that happened, with their counts; answers count as `answered`. */
function failures({ answered, failures: kinds }: LoadResult): Record<string, number> {
  const happened = Object.entries(kinds).filter(([, count]) => count > 0) as [
    FailureKind,
    number,
  ][];
  return Object.fromEntries(answered > 0 ? [["answered", answered], ...happened] : happened);
}

function text({ namespace = "the node", protocol = "tcp", to }: Ask): string {
  return `from ${namespace} to ${protocol} ${to}`;
}
