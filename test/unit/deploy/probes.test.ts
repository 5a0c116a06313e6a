/** The probes of the DaemonSet ask where the agent listens, whatever its configuration file says. */
import { Command } from "commander";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { addRunFlags } from "../../../src/cli/run-flags.ts";
import { loadConfig } from "../../../src/config/load-config.ts";
import { readProjectFile } from "../../tidy/source-file.ts";
import { KUBEADM } from "../config/kube-proxy-files.ts";

interface Probe {
  readonly httpGet: { readonly path: string; readonly port: string };
}

interface Container {
  readonly args: readonly string[];
  readonly ports: readonly { readonly name: string; readonly containerPort: number }[];
  readonly livenessProbe: Probe;
  readonly readinessProbe: Probe;
}

interface Patch {
  readonly op: "test" | "replace";
  readonly path: string;
  readonly value: string;
}

const ARGUMENT = "/spec/template/spec/containers/0/args/";

function container(): Container {
  const { spec } = parse(readProjectFile("deploy/base/daemonset.yaml").text);
  return spec.template.spec.containers[0];
}

/** The arguments as deploy/kubeadm has them. */
function kubeadmArguments(): readonly string[] {
  const { patches } = parse(readProjectFile("deploy/kubeadm/kustomization.yaml").text);
  const args = [...container().args];
  for (const { op, path, value } of parse(patches[0].patch) as readonly Patch[]) {
    const index = Number(path.slice(ARGUMENT.length));
    if (path.startsWith(ARGUMENT) && op === "replace") args[index] = value;
  }
  return args;
}

const FORMS = [
  { name: "deploy/base", args: container().args, file: "/etc/kube-ipvs/config.yaml" },
  { name: "deploy/kubeadm", args: kubeadmArguments(), file: "/var/lib/kube-proxy/config.conf" },
];

describe.each(FORMS)("in $name", ({ args: [command, ...args], file }) => {
  test.each(['""', "127.0.0.1:10256", "0.0.0.0:20256", "none"])(
    "a file with healthzBindAddress %s leaves the agent where the probes ask",
    async (address) => {
      expect(command).toBe("run");
      const flags = addRunFlags(new Command())
        .parse([...args], { from: "user" })
        .opts();
      const text = KUBEADM.replace('healthzBindAddress: ""', `healthzBindAddress: ${address}`);
      expect(text).toContain(`healthzBindAddress: ${address}\n`);
      const config = await loadConfig(flags, {
        env: {},
        hostname: "node-a",
        readFile: async (path) => {
          expect(path).toBe(file);
          return text;
        },
      });
      const { ports, livenessProbe, readinessProbe } = container();
      const asked = [livenessProbe, readinessProbe].map(
        ({ httpGet }) => ports.find(({ name }) => name === httpGet.port)?.containerPort,
      );
      // The kubelet asks the pod's address, which is the node's.
      expect(config.healthz).toEqual({ host: "0.0.0.0", port: asked[0] });
      expect(asked[1]).toBe(asked[0]);
    },
  );
});

test("a pod lives while it keeps up, and is ready after its first sync", () => {
  const { livenessProbe, readinessProbe } = container();
  expect(livenessProbe.httpGet.path).toBe("/livez");
  expect(readinessProbe.httpGet.path).toBe("/readyz");
});
