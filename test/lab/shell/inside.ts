/** The lab's shell: makes the sample cluster, starts kube-ipvs on it, and gives the terminal to a shell. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, cpSync, mkdirSync, openSync, writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { SAMPLE_CLIENT_POD, SAMPLE_NODE, SAMPLE_OUTSIDE, SAMPLE_PODS } from "../sample-topology.ts";
import { shell } from "../shell.ts";
import { createTopology } from "../topology.ts";

const MANIFESTS = "/run/manifests";
const LOG = "/run/kube-ipvs.log";
const BIN = "/run/bin";
const SYNC_MS_MAX = 20_000;
const POLL_MS = 100;

const WELCOME = `
This is a node with a kernel of its own; your files are there, read-only.

  pods          p1 to p4: 10.1.0.1 to .4 and fd00:1::1 to ::4, on ports 8080 and 8053
  clients       client (a pod, 10.1.0.101 to .108), outside (192.168.77.201 to .204)
  manifests     ${MANIFESTS}, a copy of deploy/samples: edit them and look again
  kube-ipvs     runs on them; its log is ${LOG}

Try:
  ipvsadm -Ln
  kube-ipvs status
  ip netns exec client curl -s http://10.96.0.10/
  traffic load --netns client --to 10.96.0.10:80 --requests 100 --from 10.1.0.101,10.1.0.102
  sed -i 's/scheduler: rr/scheduler: sh/' ${MANIFESTS}/schedulers.yaml; sleep 1; ipvsadm -Ln

exit ends it all.
`;

/** Small programs that stand for longer commands. */
function writeCommands(): void {
  mkdirSync(BIN);
  const commands = {
    "kube-ipvs": 'exec node "$PWD_ROOT/dist/main.js" "$@"',
    traffic: 'exec "$LAB_TRAFFIC" "$@"',
  };
  for (const [name, line] of Object.entries(commands)) {
    writeFileSync(`${BIN}/${name}`, `#!/bin/sh\n${line}\n`);
    chmodSync(`${BIN}/${name}`, 0o755);
  }
  process.env["PWD_ROOT"] = process.cwd();
  process.env["PATH"] = `${BIN}:${process.env["PATH"]}`;
}

/** Starts the agent and waits until the kernel holds something, or it has ended. */
async function startAgent(): Promise<string> {
  cpSync("deploy/samples", MANIFESTS, { recursive: true });
  const log = openSync(LOG, "w");
  const agent = spawn("kube-ipvs", ["run", "--manifests", MANIFESTS, "--node-name", SAMPLE_NODE], {
    stdio: ["ignore", log, log],
  });
  let ended = "";
  agent.on("error", (err) => {
    ended = err.message;
  });
  agent.on("exit", (status) => {
    ended = `it ended with status ${status}`;
  });
  for (let waitedMs = 0; waitedMs < SYNC_MS_MAX && ended === ""; waitedMs += POLL_MS) {
    if (/^ {2}->/m.test((await shell("tail -n +4 /proc/net/ip_vs")).trimEnd())) return "";
    await sleep(POLL_MS);
  }
  return `kube-ipvs has not filled the table: ${ended || "look at its log"}\n`;
}

writeCommands();
const topology = await createTopology({
  pods: [...SAMPLE_PODS, SAMPLE_CLIENT_POD],
  clients: [SAMPLE_OUTSIDE],
});
process.stdout.write(`${WELCOME}\n${await startAgent()}`);
const prompt = spawn("bash", ["--norc", "-i"], {
  stdio: "inherit",
  env: { ...process.env, PS1: "lab \\w # " },
});
await once(prompt, "exit");
await topology.close();
process.exit(0);
