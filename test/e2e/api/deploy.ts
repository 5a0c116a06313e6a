/** What `deploy/` gives: manifests that the API server takes, and rights that are enough and no more. */
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import type { KubernetesObject } from "@kubernetes/client-node";
import { expectPods } from "../harness/expect-traffic.ts";
import { at } from "../harness/places.ts";
import { web } from "../harness/pods.ts";
import type { ApiCase } from "./api-case.ts";

const WEB = web({ name: "web", addresses: ["10.96.0.90"], pods: ["p1", "p2"] });
const ACCOUNT = "system:serviceaccount:kube-system:kube-ipvs";
const KUBEADM_CONFIG = "/run/agent/kubeadm.yaml";

interface Named {
  readonly name: string;
}

/** Every user of a cluster has these. */
const OF_EVERYBODY = /^selfsubject|^\s|\[\/|^$|^Resources/;

/** kubeadm's form, with what differs from cluster to cluster. */
function kubeadmConfiguration(kubeconfig: string): string {
  return `apiVersion: kubeproxy.config.k8s.io/v1alpha1
kind: KubeProxyConfiguration
bindAddress: 0.0.0.0
bindAddressHardFail: false
clientConnection:
  acceptContentTypes: ""
  burst: 0
  contentType: ""
  kubeconfig: ${kubeconfig}
  qps: 0
clusterCIDR: 10.1.0.0/16,fd00:1::/48
configSyncPeriod: 0s
conntrack:
  maxPerCore: null
  min: null
  tcpCloseWaitTimeout: null
  tcpEstablishedTimeout: null
detectLocal:
  bridgeInterface: ""
  interfaceNamePrefix: ""
detectLocalMode: ""
enableProfiling: false
healthzBindAddress: ""
hostnameOverride: node-a
iptables:
  localhostNodePorts: null
  masqueradeAll: false
  masqueradeBit: null
  minSyncPeriod: 0s
  syncPeriod: 0s
ipvs:
  excludeCIDRs: null
  minSyncPeriod: 0s
  scheduler: lc
  strictARP: false
  syncPeriod: 2s
  tcpFinTimeout: 0s
  tcpTimeout: 0s
  udpTimeout: 0s
metricsBindAddress: ""
mode: ipvs
nodePortAddresses: null
oomScoreAdj: null
portRange: ""
showHiddenMetricsForVersion: ""
winkernel:
  enableDSR: false
  forwardHealthCheckVip: false
  networkName: ""
  rootHnsEndpointName: ""
  sourceVip: ""
`;
}

/** The commands of README.md that take over from kube-proxy, as a user copies them. */
function takeOverCommands(): string {
  const blocks = readFileSync("README.md", "utf8").split("\n\n");
  const found = blocks.filter((text) => /^ {4}.* get configmap kube-proxy /.test(text));
  assert.equal(found.length, 1);
  return found.join();
}

/** What kubeadm makes of kube-proxy, as far as it is needed here. */
function kubeadmAddOn(data: Readonly<Record<string, string>>): readonly KubernetesObject[] {
  const metadata = { name: "kube-proxy", namespace: "kube-system" };
  const labels = { "k8s-app": "kube-proxy" };
  const containers = [{ name: "kube-proxy", image: "kube-proxy" }];
  const spec = {
    selector: { matchLabels: labels },
    template: { metadata: { labels }, spec: { containers } },
  };
  const map = { apiVersion: "v1", kind: "ConfigMap", metadata, data };
  const set = { apiVersion: "apps/v1", kind: "DaemonSet", metadata, spec };
  return [map, set];
}

/** The manifests. */
export const deployCases: readonly ApiCase[] = [
  {
    name: "the manifests for clusters of kubeadm are taken by the API server, strictly validated",
    upstream: [],
    run: async (_, cluster) => {
      const said = await cluster.kubectl(
        ...["apply", "--server-side", "--validate=strict", "--dry-run=server", "--force-conflicts"],
        ...["-k", "deploy/kubeadm"],
      );
      assert.match(said, /daemonset\.apps\/kube-ipvs serverside-applied/);
    },
  },
  {
    name: "the commands for clusters of kubeadm copy kube-proxy's configuration, take it away and use the copy",
    upstream: [],
    run: async (_, cluster) => {
      const get = async (...words: readonly string[]) =>
        JSON.parse(await cluster.kubectl("-n", "kube-system", "get", "-o", "json", ...words));
      // Of a cluster that was not there before nothing is merged.
      await cluster.kubectl("-n", "kube-system", "delete", "daemonset/kube-ipvs");
      const kubeconfig = "metadata:\n  name: kube-proxy\nkind: Config\n";
      const data = { "config.conf": kubeadmConfiguration("x"), "kubeconfig.conf": kubeconfig };
      for (const object of kubeadmAddOn(data)) await cluster.server.api.put(object);
      await cluster.asUser(takeOverCommands());
      assert.deepEqual((await get("configmap/kube-ipvs-kubeadm")).data, data);
      const left = await get("daemonsets,configmaps", "--field-selector=metadata.name=kube-proxy");
      assert.deepEqual(left.items, []);
      const { spec } = (await get("daemonset/kube-ipvs")).spec.template;
      const [{ args, volumeMounts, readinessProbe, livenessProbe }] = spec.containers;
      assert.deepEqual(args, [
        "run",
        "--config=/var/lib/kube-proxy/config.conf",
        "--healthz-bind-address=0.0.0.0:10256",
      ]);
      const mount = volumeMounts.find(({ name }: Named) => name === "config");
      const volume = spec.volumes.find(({ name }: Named) => name === "config");
      assert.equal(mount.mountPath, "/var/lib/kube-proxy");
      assert.equal(volume.configMap.name, "kube-ipvs-kubeadm");
      assert.deepEqual(readinessProbe.httpGet, { path: "/readyz", port: "health", scheme: "HTTP" });
      assert.deepEqual(livenessProbe.httpGet, { path: "/livez", port: "health", scheme: "HTTP" });
    },
  },
  {
    name: "the agent has the rights that deploy/base names, and no others",
    upstream: [],
    run: async (_, cluster) => {
      const listed = await cluster.kubectl("auth", "can-i", "--list", `--as=${ACCOUNT}`);
      const rights = listed
        .split("\n")
        .filter((line) => !OF_EVERYBODY.test(line))
        .map((line) => line.replace(/\s+/g, " ").trim())
        .toSorted();
      assert.deepEqual(rights, [
        "endpointslices.discovery.k8s.io [] [] [list watch]",
        "events.events.k8s.io [] [] [get create patch]",
        "nodes [] [] [list watch]",
        "services [] [] [list watch]",
      ]);
    },
  },
  {
    name: "the configuration that kubeadm wrote for kube-proxy is enough",
    upstream: [],
    run: async (harness, cluster) => {
      const [, kubeconfig = ""] = cluster.agentArguments;
      writeFileSync(KUBEADM_CONFIG, kubeadmConfiguration(kubeconfig));
      await harness.apply(...WEB);
      await harness.agent.end("SIGTERM");
      harness.agent.use(["--config", KUBEADM_CONFIG]);
      await harness.agent.firstSync(harness.agent.start());
      await harness.apply(...web({ name: "two", addresses: ["10.96.0.91"], pods: ["p3"] }));
      assert.equal(harness.virtualService("tcp/10.96.0.90:80")?.scheduler, "lc");
      await expectPods({ namespace: "client", to: at("10.96.0.91") }, ["p3"]);
      await harness.restartWith({});
      assert.equal(harness.virtualService("tcp/10.96.0.90:80")?.scheduler, "rr");
    },
  },
];
