/** `plan`, `status`, `version` and exit codes, beside a running agent and against the kernel's own tools. */
import assert from "node:assert/strict";
import { type CommandResult, kubeIpvs } from "../../lab/agent-process.ts";
import { shell } from "../../lab/shell.ts";
import { expectPods } from "../harness/expect-traffic.ts";
import { AGENT_ARGUMENTS, type Harness } from "../harness/harness.ts";
import { web } from "../harness/pods.ts";
import type { ServiceCase } from "../harness/service-case.ts";

const V4 = "10.96.0.60";
const V6 = "fd00:96::3c";
const TABLE = "ipvsadm -Sn | sort; ip -o addr show dev kube-ipvs0 | sort";

function plan(harness: Harness, ...words: readonly string[]): Promise<CommandResult> {
  return kubeIpvs("plan", ...harness.sink.agentArguments, ...AGENT_ARGUMENTS, ...words);
}

/** Sorted lines without those of empty text. */
function linesOf(text: string): string[] {
  return text.split("\n").filter(Boolean).toSorted();
}

/** Commands. */
export const commandCases: readonly ServiceCase[] = [
  {
    name: "status -o ipvsadm prints the very lines of ipvsadm -Sn",
    upstream: [],
    run: async (harness) => {
      await harness.apply(
        ...web({
          name: "web",
          addresses: [V4, V6],
          ports: [
            { name: "tcp", port: 80 },
            { name: "udp", port: 53, protocol: "UDP" },
            { name: "sctp", port: 80, protocol: "SCTP" },
          ],
          annotations: {
            "kube-ipvs.io/scheduler": "mh",
            "kube-ipvs.io/scheduler-flags": "mh-port",
            "kube-ipvs.io/scheduler.udp": "sh",
          },
          pods: ["p1", "p2", "r1"],
        }),
        ...web({ name: "empty", addresses: ["10.96.0.61"], pods: [] }),
      );
      const { output, status } = await kubeIpvs("status", "-o", "ipvsadm");
      assert.equal(status, 0);
      assert.deepEqual(linesOf(output), linesOf(await shell("ipvsadm -Sn")));
      assert.ok(linesOf(output).length > 20);
    },
  },
  {
    name: "plan says what run would do and changes nothing, and its exit code tells whether it would",
    upstream: [],
    run: async (harness) => {
      await harness.apply(...web({ name: "web", addresses: [V4], pods: ["p1", "p2"] }));
      const same = await plan(harness, "--exit-code");
      assert.equal(same.status, 0, same.output + same.errors);
      await harness.agent.end("SIGTERM");
      const before = await shell(TABLE);
      await harness.write(...web({ name: "web", addresses: [V4], pods: ["p2", "p3"] }));
      const differs = await plan(harness, "--exit-code", "-o", "json");
      assert.equal(differs.status, 6, differs.output + differs.errors);
      const { operations } = JSON.parse(differs.output) as { operations: readonly object[] };
      assert.ok(operations.length >= 2, differs.output);
      assert.equal(await shell(TABLE), before);
      await expectPods({ namespace: "client", to: `${V4}:80` }, ["p1", "p2"]);
      await harness.agent.firstSync(harness.agent.start());
      assert.equal((await plan(harness, "--exit-code")).status, 0);
    },
  },
  {
    name: "status of one Service shows that one, and of an unknown one says which it may be",
    upstream: [],
    run: async (harness) => {
      await harness.apply(
        ...web({ name: "web", addresses: [V4], pods: ["p1"] }),
        ...web({ name: "other", addresses: ["10.96.0.62"], pods: ["p2"] }),
      );
      const one = await kubeIpvs("status", "e2e/web");
      assert.match(one.output, /e2e\/web +- +tcp\/10\.96\.0\.60:80 +rr\n +10\.1\.0\.1:8080 +1 /);
      assert.doesNotMatch(one.output, /10\.96\.0\.62/);
      const unknown = await kubeIpvs("status", "e2e/wev");
      assert.deepEqual([unknown.status, unknown.output], [1, ""]);
      assert.match(unknown.errors, /no Service e2e\/wev \(did you mean e2e\/web\?\)/);
      assert.equal((await kubeIpvs("status", "web")).status, 2);
    },
  },
  {
    name: "without an agent, status still shows the kernel's table",
    upstream: [],
    run: async (harness) => {
      await harness.apply(...web({ name: "web", addresses: [V4], pods: ["p1"] }));
      await harness.agent.end("SIGTERM");
      const { status, output } = await kubeIpvs("status");
      assert.equal(status, 0);
      assert.match(output, /^No agent answers/);
      assert.match(output, /tcp\/10\.96\.0\.60:80/);
    },
  },
  {
    name: "wrong flags are all named at once, with the nearest right word, by exit code 2",
    upstream: [],
    run: async () => {
      const { status, errors } = await kubeIpvs("run", "--manifest", "x", "--schedular", "rr");
      assert.equal(status, 2, errors);
      assert.match(errors, /--manifest\b.*did you mean --manifests\?/);
      assert.match(errors, /--schedular\b.*did you mean --scheduler\?/);
    },
  },
  {
    name: "without CAP_NET_ADMIN the exit code is 3, and one sentence says how to get it",
    upstream: [],
    run: async (harness) => {
      const { status, errors } = await under("setpriv --bounding-set -net_admin", harness);
      assert.equal(status, 3, errors);
      assert.match(errors, /CAP_NET_ADMIN/);
    },
  },
  {
    name: "without the native library the exit code is 5, and one sentence says how to get it",
    upstream: [],
    run: async (harness) => {
      const hidden = "unshare -m sh -c 'mount -t tmpfs none native/build && exec \"$@\"' sh";
      const { status, errors } = await under(hidden, harness);
      assert.equal(status, 5, errors);
      assert.match(errors, /native/);
    },
  },
];

/** `kube-ipvs plan` by way of another program; its status comes last in the output. */
async function under(program: string, { sink }: Harness): Promise<CommandResult> {
  const words = [...sink.agentArguments, ...AGENT_ARGUMENTS].join(" ");
  const text = await shell(
    `${program} node dist/main.js plan ${words} 2>&1 && s=0 || s=$?; echo "status $s"`,
  );
  const [errors = "", status = ""] = text.split(/status (?=\d+\n$)/);
  return { status: Number(status), output: "", errors };
}
