/** One scenario of a benchmark, in the network namespace that is its node. Prints one line of JSON. */
import { KubeIpvs } from "./kube-ipvs.ts";
import type { NodeTask } from "./node-task.ts";
import { tableSize } from "./table-size.ts";

const SYNC_MS_MAX = 120_000;

const task = JSON.parse(process.argv[2] ?? "") as NodeTask;
const subject = new KubeIpvs(task);
const startMs = performance.now();
subject.start();
await subject.synced(SYNC_MS_MAX);
const syncMs = performance.now() - startMs;
const table = tableSize();
const usage = subject.usage();
await subject.kill();
const againMs = performance.now();
subject.start();
const { writes } = await subject.synced(SYNC_MS_MAX);
const restartMs = performance.now() - againMs;
await subject.kill();
process.stdout.write(JSON.stringify({ syncMs, table, usage, restartMs, writes }));
