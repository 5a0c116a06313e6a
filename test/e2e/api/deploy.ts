/** What `deploy/` gives: manifests that the API server takes, and rights that are enough and no more. */
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { expectPods } from "../harness/expect-traffic.ts";
import { at } from "../harness/places.ts";
import { web } from "../harness/pods.ts";
import type { ApiCase } from "./api-case.ts";

const WEB = web({ name: "web", addresses: ["10.96.0.90"], pods: ["p1", "p2"] });
const ACCOUNT = "system:serviceaccount:kube-system:kube-ipvs";
const KUBEADM_CONFIG = "/run/agent/kubeadm.yaml";

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
