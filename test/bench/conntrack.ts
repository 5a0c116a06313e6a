/**
 * Connection tracking alone, in a fresh network namespace of the lab: the flows of one endpoint are
 * deleted among very many others. Prints one line of JSON. Arguments: entries, those of the endpoint.
 */
import { keepHeapSmall } from "../../src/base/small-heap.ts";
import { openConntrack } from "../../src/conntrack/conntrack-client.ts";
import type { ForgetFlows } from "../../src/model/flows.ts";
import type { End, Entry } from "../fakes/conntrack-entry.ts";
import { putEntries } from "../lab/put-entries.ts";

const FRONTEND: End = ["10.96.0.10", 53];
const BACKEND: End = ["10.1.0.1", 8053];
const OTHER_BACKEND: End = ["10.1.0.2", 8053];
const IDLE_BACKEND: End = ["10.1.0.3", 8053];
/** Entries made at a time. */
const PART = 10_000;

keepHeapSmall();
const [entries = "10000", ofEndpoint = "100"] = process.argv.slice(2);
const count = Number(entries);
const meant = Number(ofEndpoint);
for (let start = 0; start < count; start += PART) {
  await putEntries(Array.from({ length: Math.min(PART, count - start) }, (_, i) => at(start + i)));
}
const conntrack = openConntrack();
const reading = await timed(IDLE_BACKEND);
const forgetting = await timed(BACKEND);
conntrack.close();
const result = { entries: count, readMs: reading.ms, deleted: forgetting.deleted };
process.stdout.write(`${JSON.stringify({ ...result, forgetMs: forgetting.ms })}\n`);

/** All are flows to one frontend, so that none is told apart by its port alone. */
function at(number: number): Entry {
  const client = `10.${100 + (number >> 16)}.${(number >> 8) & 255}.${number & 255}`;
  const isMeant = number % (count / meant) === 0;
  return { client: [client, 1], frontend: FRONTEND, backend: isMeant ? BACKEND : OTHER_BACKEND };
}

async function timed([address, port]: End) {
  const operation: ForgetFlows = {
    kind: "forget-flows",
    protocol: "udp",
    frontend: { address: FRONTEND[0], port: FRONTEND[1] },
    backend: { address, port },
  };
  const startMs = performance.now();
  const deleted = await conntrack.forget([operation]);
  return { deleted, ms: performance.now() - startMs };
}
