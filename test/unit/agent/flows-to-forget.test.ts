/** Stale flows go beside the passes, all that waits in one request, until they went. */
import { expect, test } from "vitest";
import {
  FLOWS_PENDING_MAX,
  FlowsToForget,
  FORGET_RETRY_MS,
} from "../../../src/agent/flows-to-forget.ts";
import { type ForgetFlows, flowsText } from "../../../src/model/flows.ts";
import { capturedLog } from "../../fakes/captured-log.ts";
import { ManualClock } from "../../fakes/manual-clock.ts";

function flow(host: number): ForgetFlows {
  const frontend = { address: `10.96.0.${host}`, port: 53 };
  return { kind: "forget-flows", protocol: "udp", frontend, backend: undefined };
}

/** A connection tracking whose requests end when a test says so. */
function scene() {
  const asked: string[][] = [];
  const ends: { readonly resolve: () => void; readonly reject: (err: Error) => void }[] = [];
  const clock = new ManualClock();
  const { log, lines } = capturedLog();
  const flows = new FlowsToForget({
    conntrack: {
      forget: (operations) => {
        asked.push(operations.map(flowsText));
        return new Promise((resolve, reject) => {
          ends.push({ resolve: () => resolve(0), reject });
        });
      },
      close: () => undefined,
    },
    clock,
    log,
  });
  return { flows, asked, ends, clock, lines };
}

test("what is asked for while a request is on its way is one more request", async () => {
  const { flows, asked, ends, clock } = scene();
  flows.ask([]);
  expect(asked).toEqual([]);
  flows.ask([flow(1)]);
  flows.ask([flow(2)]);
  flows.ask([flow(3)]);
  expect(asked).toEqual([["udp/10.96.0.1:53"]]);
  ends[0]?.resolve();
  await clock.advance(0);
  expect(asked).toEqual([["udp/10.96.0.1:53"], ["udp/10.96.0.2:53", "udp/10.96.0.3:53"]]);
  ends[1]?.resolve();
  await flows.idle();
  expect(asked).toHaveLength(2);
});

test("what failed is told and asked for again with what came meanwhile", async () => {
  const { flows, asked, ends, clock, lines } = scene();
  flows.ask([flow(1)]);
  ends[0]?.reject(new Error("no memory"));
  await clock.advance(FORGET_RETRY_MS - 1);
  flows.ask([flow(2)]);
  expect(asked).toHaveLength(1);
  expect(lines.map(({ msg }) => msg)).toEqual([
    "stale UDP flows could not be deleted; trying again",
  ]);
  await clock.advance(1);
  expect(asked[1]).toEqual(["udp/10.96.0.1:53", "udp/10.96.0.2:53"]);
});

test("no more wait than the limit allows", async () => {
  const { flows, asked, ends, clock } = scene();
  flows.ask([flow(1)]);
  flows.ask(Array.from({ length: FLOWS_PENDING_MAX + 1 }, (_, at) => flow(at)));
  ends[0]?.resolve();
  await clock.advance(0);
  expect(asked[1]).toHaveLength(FLOWS_PENDING_MAX);
});

test("closing waits for the request that is on its way, and begins no other", async () => {
  const { flows, asked, ends, clock } = scene();
  flows.ask([flow(1)]);
  flows.ask([flow(2)]);
  let isClosed = false;
  const closed = flows.close().then(() => {
    isClosed = true;
  });
  await clock.advance(FORGET_RETRY_MS);
  expect(isClosed).toBe(false);
  ends[0]?.resolve();
  await closed;
  flows.ask([flow(3)]);
  expect(asked).toHaveLength(1);
});
