/** Every proxy that benchmarks know. */
import { KubeIpvs } from "./kube-ipvs.ts";
import { BenchKubeProxy } from "./kube-proxy.ts";
import type { NodeTask, SubjectName } from "./node-task.ts";
import type { Subject } from "./subject.ts";
import { Userspace } from "./userspace.ts";

const SUBJECTS: Readonly<Record<SubjectName, (task: NodeTask) => Subject>> = {
  "kube-ipvs": (task) => new KubeIpvs(task),
  "kube-proxy": (task) => new BenchKubeProxy(task, "ipvs"),
  iptables: (task) => new BenchKubeProxy(task, "iptables"),
  nftables: (task) => new BenchKubeProxy(task, "nftables"),
  userspace: (task) => new Userspace(task),
};

/** That of the task, not started. */
export function subjectOf(task: NodeTask): Subject {
  return SUBJECTS[task.subject](task);
}
