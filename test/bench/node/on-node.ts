/** One scenario of a benchmark, in the network namespace that is its node. Prints one line of JSON. */
import { KubeIpvs } from "./kube-ipvs.ts";
import { BenchKubeProxy } from "./kube-proxy.ts";
import type { NodeTask, ScenarioName } from "./node-task.ts";
import { bigService } from "./scenarios/big-service.ts";
import { churn } from "./scenarios/churn.ts";
import { firstPass } from "./scenarios/first-pass.ts";
import { life } from "./scenarios/life.ts";
import { list } from "./scenarios/list.ts";
import { trash } from "./scenarios/trash.ts";
import type { Subject } from "./subject.ts";

const SCENARIOS: Readonly<
  Record<ScenarioName, (subject: Subject, task: NodeTask) => Promise<unknown>>
> = {
  life,
  list: (_, task) => list(task),
  "first-pass": (_, task) => firstPass(task),
  churn,
  trash,
  "big-service": bigService,
};

const task = JSON.parse(process.argv[2] ?? "") as NodeTask;
const subject = task.subject === "kube-ipvs" ? new KubeIpvs(task) : new BenchKubeProxy(task);
try {
  process.stdout.write(JSON.stringify(await SCENARIOS[task.scenario](subject, task)));
} finally {
  await subject.kill();
}
