/** A fresh network namespace as the node of one run. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { shell } from "../../lab/shell.ts";
import { NODE_ADDRESS, SERVER_ADDRESS } from "./bench-network.ts";
import type { NodeTask } from "./node-task.ts";
import { namespaceIsGone, untilQuiet } from "./quiet.ts";

const run = promisify(execFile);

/** Of one run: two first syncs of a slow proxy, and what it does besides. */
const RUN_MS_MAX = 2_700_000;
const OUTPUT_BYTES_MAX = 16 * 1024 * 1024;
const NAMESPACE = "node";

/**
 * Runs `program` with its task on a node that nobody used before, once what `processorS` counts is quiet;
 * returns what it printed as JSON.
 */
export async function onFreshNode(
  program: string,
  task: NodeTask,
  processorS: () => number,
): Promise<unknown> {
  await shell(`
    ip netns add ${NAMESPACE}
    ip link add vnode type veth peer name eth0 netns ${NAMESPACE}
    ip addr add ${SERVER_ADDRESS}/24 dev vnode
    ip link set vnode up
    ip -n ${NAMESPACE} link set lo up
    ip -n ${NAMESPACE} addr add ${NODE_ADDRESS}/24 dev eth0
    ip -n ${NAMESPACE} link set eth0 up
    ip -n ${NAMESPACE} route add default via ${SERVER_ADDRESS}
  `);
  try {
    // What the run before made the server do, and what it does by itself after its start.
    await untilQuiet(processorS);
    const words = ["netns", "exec", NAMESPACE, process.execPath, program, JSON.stringify(task)];
    const { stdout } = await run("ip", words, {
      ...{ maxBuffer: OUTPUT_BYTES_MAX, timeout: RUN_MS_MAX, killSignal: "SIGKILL" },
    });
    return JSON.parse(stdout);
  } catch (err) {
    throw new Error(failureText(err));
  } finally {
    // One that was ended by force leaves its proxy behind.
    await shell(`
      ip netns pids ${NAMESPACE} | xargs -r kill -9 || true
      ip link del vnode
      ip netns del ${NAMESPACE}
    `);
    await namespaceIsGone();
  }
}

/** Its message is the command and all that was said; what was said is enough. */
function failureText(err: unknown): string {
  if (!(err instanceof Error && "stderr" in err)) return `${err}`;
  const said = `${err.stderr}`.trim();
  const late = "killed" in err && err.killed === true;
  return late ? `not done within ${RUN_MS_MAX} ms; ${said}` : said;
}
