/** What `run --help` says of each flag, in the groups it shows them in. Settings themselves are in src/config. */
import { CONFIG_DEFAULTS } from "../config/config.ts";
import { SCHEDULER_NAMES } from "../model/scheduler.ts";

/** Flags of one matter: each as commander takes it, and what it does. */
interface RunFlagGroup {
  readonly heading: string;
  readonly flags: readonly (readonly [flag: string, description: string])[];
}

const DEFAULT = CONFIG_DEFAULTS;

/** All that have an effect. A switch has an optional value (`[bool]`), as Go's flags do. */
export const RUN_FLAG_GROUPS: readonly RunFlagGroup[] = [
  {
    heading: "Where settings and Services come from:",
    flags: [
      ["--config <file>", "KubeProxyConfiguration or KubeIpvsConfiguration; flags beat it"],
      ["--kubeconfig <file>", "how to reach the API server (default: as this pod does)"],
      ["--master <url>", "API server, instead of the one in the kubeconfig"],
      [
        "--manifests <dir>",
        "folder of Service, EndpointSlice and Node objects, instead of a server",
      ],
      ["--node-name <name>", "name of this node (default: NODE_NAME, else the host name)"],
      ["--hostname-override <name>", "the same, kube-proxy's name for it"],
      ["--proxy-mode <mode>", "ipvs, the only mode"],
      ["--init-only [bool]", "set the kernel's sysctls and timeouts, and end"],
    ],
  },
  {
    heading: "Virtual services:",
    flags: [
      [
        "--scheduler <name>",
        `for Services without an annotation (default: ${DEFAULT.scheduler}): ${SCHEDULER_NAMES.join(", ")}`,
      ],
      ["--ipvs-scheduler <name>", "the same, kube-proxy's name for it"],
      ["--scheduler-flags <list>", "its flags: sh-port, sh-fallback, mh-port, mh-fallback"],
      [
        "--drain-timeout <duration>",
        `how long a removed endpoint keeps its connections (default: ${DEFAULT.drainTimeout})`,
      ],
      [
        "--ipvs-min-sync-period <duration>",
        `least time between two passes (default: ${DEFAULT.minSyncPeriod})`,
      ],
      [
        "--ipvs-sync-period <duration>",
        `time in which the whole table is compared once (default: ${DEFAULT.auditPeriod})`,
      ],
      ["--ipvs-exclude-cidrs <list>", "ranges whose virtual services of others are never touched"],
      ["--ipvs-strict-arp [bool]", "answer ARP only on the interface that has the address"],
      ["--ipvs-tcp-timeout <duration>", "of idle TCP connections (0: as the kernel has it)"],
      ["--ipvs-tcpfin-timeout <duration>", "of TCP connections after a FIN"],
      ["--ipvs-udp-timeout <duration>", "of UDP flows"],
    ],
  },
  {
    heading: "Addresses and masquerade:",
    flags: [
      [
        "--cluster-cidr <ranges>",
        "the pods' range, or one of each family: 10.244.0.0/16,fd00::/48",
      ],
      [
        "--detect-local-mode <mode>",
        "what pods are told by: ClusterCIDR (default), NodeCIDR, BridgeInterface, InterfaceNamePrefix",
      ],
      ["--pod-bridge-interface <name>", "for BridgeInterface"],
      ["--pod-interface-name-prefix <prefix>", "for InterfaceNamePrefix"],
      [
        "--nodeport-addresses <list>",
        "where node ports are served: ranges, primary, localhost, all (default)",
      ],
      ["--external-ip-cidrs <list>", "ranges that spec.externalIPs may be in (default: any)"],
      ["--masquerade-all [bool]", "masquerade all traffic to cluster addresses"],
      [
        "--iptables-masquerade-bit <bit>",
        `of the mark that asks for masquerade (default: ${DEFAULT.masqueradeBit})`,
      ],
    ],
  },
  {
    heading: "Health and metrics:",
    flags: [
      [
        "--healthz-bind-address <address>",
        `default: 0.0.0.0:${DEFAULT.healthzPort}; "" or none: not served`,
      ],
      [
        "--metrics-bind-address <address>",
        `default: 127.0.0.1:${DEFAULT.metricsPort}; "" or none: not served`,
      ],
      ["--healthz-port <port>", "old: port where the address has none; 0: not served"],
      ["--metrics-port <port>", "old: the same for metrics"],
      ["--bind-address <address>", "this node's primary address, where not the Node object's"],
      ["--bind-address-hard-fail [bool]", "end when one of the two cannot be bound"],
      ["--status-socket <path>", `where \`status\` asks (default: ${DEFAULT.statusSocket})`],
    ],
  },
  {
    heading: "The kernel around:",
    flags: [
      [
        "--conntrack-max-per-core <number>",
        `nf_conntrack_max for each processor (default: ${DEFAULT.conntrackMaxPerCore}; 0: leave)`,
      ],
      ["--conntrack-min <number>", `at least this many (default: ${DEFAULT.conntrackMin})`],
      [
        "--conntrack-tcp-timeout-established <duration>",
        `default: ${DEFAULT.conntrackTcpEstablished}; 0: leave`,
      ],
      [
        "--conntrack-tcp-timeout-close-wait <duration>",
        `default: ${DEFAULT.conntrackTcpCloseWait}; 0: leave`,
      ],
      ["--conntrack-tcp-be-liberal [bool]", "take packets outside of the TCP window as valid"],
      ["--conntrack-udp-timeout <duration>", "default: leave"],
      ["--conntrack-udp-timeout-stream <duration>", "default: leave"],
      ["--oom-score-adj <number>", `of this process (default: ${DEFAULT.oomScoreAdj})`],
    ],
  },
  {
    heading: "Log:",
    flags: [
      ["--log-level <level>", `trace, debug, info, warn, error (default: ${DEFAULT.logLevel})`],
      ["-v, --v <number>", "the same as kube-proxy counts: 0 to 3 info, 4 debug, 6 trace"],
      ["--log-format <format>", `auto, pretty or json (default: ${DEFAULT.logFormat})`],
      ["--logging-format <format>", "kube-proxy's name for it: text (auto here) or json"],
    ],
  },
];
