/** KubeProxyConfigurations as installers write them, and the flags of those that write none. */

/** kubeadm: every field, most of them zero or null; the cluster's range and the kubeconfig are set. */
export const KUBEADM = `apiVersion: kubeproxy.config.k8s.io/v1alpha1
bindAddress: 0.0.0.0
bindAddressHardFail: false
clientConnection:
  acceptContentTypes: ""
  burst: 0
  contentType: ""
  kubeconfig: /var/lib/kube-proxy/kubeconfig.conf
  qps: 0
clusterCIDR: 10.244.0.0/16,fd00:10:244::/56
configSyncPeriod: 0s
conntrack:
  maxPerCore: null
  min: null
  tcpBeLiberal: false
  tcpCloseWaitTimeout: null
  tcpEstablishedTimeout: null
  udpStreamTimeout: 0s
  udpTimeout: 0s
detectLocal:
  bridgeInterface: ""
  interfaceNamePrefix: ""
detectLocalMode: ""
enableProfiling: false
healthzBindAddress: ""
hostnameOverride: ""
iptables:
  localhostNodePorts: null
  masqueradeAll: false
  masqueradeBit: null
  minSyncPeriod: 0s
  syncPeriod: 0s
ipvs:
  excludeCIDRs: null
  minSyncPeriod: 0s
  scheduler: ""
  strictARP: true
  syncPeriod: 0s
  tcpFinTimeout: 0s
  tcpTimeout: 0s
  udpTimeout: 0s
kind: KubeProxyConfiguration
logging:
  flushFrequency: 0
  options:
    json:
      infoBufferSize: "0"
    text:
      infoBufferSize: "0"
  verbosity: 0
metricsBindAddress: ""
mode: ipvs
nftables:
  masqueradeAll: false
  masqueradeBit: null
  minSyncPeriod: 0s
  syncPeriod: 0s
nodePortAddresses: null
oomScoreAdj: null
portRange: ""
showHiddenMetricsForVersion: ""
winkernel:
  enableDSR: false
  forwardHealthCheckVIP: false
  networkName: ""
  rootHnsEndpointName: ""
  sourceVip: ""
`;

/** What `kube-proxy --write-config-to` writes: every default by its value. */
export const WRITTEN_DEFAULTS = `apiVersion: kubeproxy.config.k8s.io/v1alpha1
bindAddress: 0.0.0.0
bindAddressHardFail: false
clientConnection:
  acceptContentTypes: ""
  burst: 10
  contentType: application/vnd.kubernetes.protobuf
  kubeconfig: /etc/kubeconfig
  qps: 5
clusterCIDR: ""
configSyncPeriod: 15m0s
conntrack:
  maxPerCore: 32768
  min: 131072
  tcpBeLiberal: false
  tcpCloseWaitTimeout: 1h0m0s
  tcpEstablishedTimeout: 24h0m0s
  udpStreamTimeout: 0s
  udpTimeout: 0s
detectLocal:
  bridgeInterface: ""
  interfaceNamePrefix: ""
detectLocalMode: ClusterCIDR
enableProfiling: false
healthzBindAddress: 0.0.0.0:10256
hostnameOverride: ""
iptables:
  localhostNodePorts: true
  masqueradeAll: false
  masqueradeBit: 14
  minSyncPeriod: 1s
  syncPeriod: 30s
ipvs:
  excludeCIDRs: null
  minSyncPeriod: 0s
  scheduler: ""
  strictARP: false
  syncPeriod: 30s
  tcpFinTimeout: 0s
  tcpTimeout: 0s
  udpTimeout: 0s
kind: KubeProxyConfiguration
logging:
  flushFrequency: 5000000000
  format: text
  options:
    json:
      infoBufferSize: "0"
    text:
      infoBufferSize: "0"
  verbosity: 0
metricsBindAddress: 127.0.0.1:10249
mode: ipvs
nftables:
  masqueradeAll: false
  masqueradeBit: 14
  minSyncPeriod: 1s
  syncPeriod: 30s
nodePortAddresses: null
oomScoreAdj: -999
portRange: ""
showHiddenMetricsForVersion: ""
`;

/** Every field that the IPVS mode has, each set to something of its own. */
export const ALL_SET = `apiVersion: kubeproxy.config.k8s.io/v1alpha1
kind: KubeProxyConfiguration
mode: ipvs
bindAddress: "fd00::5"
bindAddressHardFail: true
clientConnection: {kubeconfig: /k}
clusterCIDR: 10.1.2.3/8
conntrack:
  maxPerCore: 0
  min: 5
  tcpBeLiberal: true
  tcpCloseWaitTimeout: 0s
  tcpEstablishedTimeout: 2h
  udpStreamTimeout: 2m
  udpTimeout: 1m30s
detectLocal: {bridgeInterface: cni0}
detectLocalMode: BridgeInterface
healthzBindAddress: "[::1]:9999"
metricsBindAddress: 10.0.0.1
hostnameOverride: Node-7
iptables: {masqueradeAll: true, masqueradeBit: 0}
ipvs:
  excludeCIDRs: [192.0.2.0/24, "fd01::1/64"]
  minSyncPeriod: 2s
  scheduler: wlc
  strictARP: true
  syncPeriod: 1m
  tcpFinTimeout: 10s
  tcpTimeout: 15m
  udpTimeout: 500ms
logging: {verbosity: 4, format: json}
nodePortAddresses: [primary, 10.0.0.0/8]
oomScoreAdj: 0
`;

/** k3s starts kube-proxy with these. */
export const K3S_FLAGS = [
  "--cluster-cidr=10.42.0.0/16,fd42::/56",
  "--conntrack-max-per-core=0",
  "--conntrack-tcp-timeout-close-wait=0s",
  "--conntrack-tcp-timeout-established=0s",
  "--healthz-bind-address=127.0.0.1",
  "--hostname-override=k3s-1",
  "--kubeconfig=/var/lib/rancher/k3s/agent/kubeproxy.kubeconfig",
  "--proxy-mode=ipvs",
];

/** kops starts kube-proxy with these. */
export const KOPS_FLAGS = [
  "--bind-address=10.0.0.9",
  "--cluster-cidr=100.96.0.0/11",
  "--conntrack-max-per-core=131072",
  "--hostname-override=i-0123456789abcdef0",
  "--ipvs-exclude-cidrs=192.0.2.0/24",
  "--ipvs-exclude-cidrs=198.51.100.0/24",
  "--ipvs-min-sync-period=5s",
  "--ipvs-scheduler=lc",
  "--ipvs-sync-period=1m0s",
  "--kubeconfig=/var/lib/kube-proxy/kubeconfig",
  "--logtostderr=false",
  "--log-file=/var/log/kube-proxy.log",
  "--master=https://api.internal.example.com",
  "--masquerade-all",
  "--metrics-bind-address=0.0.0.0",
  "--oom-score-adj=-998",
  "--proxy-mode=ipvs",
  "--v=2",
];
