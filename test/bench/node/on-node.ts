/** One scenario of a benchmark, in the network namespace that is its node. Prints one line of JSON. */
import type { NodeTask, ScenarioName } from "./node-task.ts";
import { bigService } from "./scenarios/big-service.ts";
import { churn } from "./scenarios/churn.ts";
import { firstPass } from "./scenarios/first-pass.ts";
import { life } from "./scenarios/life.ts";
import { list } from "./scenarios/list.ts";
import { storm } from "./scenarios/storm.ts";
import { traffic } from "./scenarios/traffic.ts";
import { trash } from "./scenarios/trash.ts";
import { trashWatch } from "./scenarios/trash-watch.ts";
import { watch } from "./scenarios/watch.ts";
import type { Subject } from "./subject.ts";
import { subjectOf } from "./subjects.ts";

const SCENARIOS: Readonly<
  Record<ScenarioName, (subject: Subject, task: NodeTask) => Promise<unknown>>
> = {
  life,
  list: (_, task) => list(task),
  watch: (_, task) => watch(task),
  "first-pass": (_, task) => firstPass(task),
  churn,
  storm: (_, task) => storm(task),
  trash: (_, task) => trash(task),
  "trash-watch": (_, task) => trashWatch(task),
  "big-service": bigService,
  traffic,
};

const task = JSON.parse(process.argv[2] ?? "") as NodeTask;
const subject = subjectOf(task);
try {
  process.stdout.write(JSON.stringify(await SCENARIOS[task.scenario](subject, task)));
} catch (err) {
  process.stderr.write(`${err instanceof Error ? err.message : err}\n`);
  process.exitCode = 1;
} finally {
  await subject.kill();
}
