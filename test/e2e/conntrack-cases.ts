/** Forgetting flows on a real kernel: entries put in by hand, and those of traffic through IPVS. */
import assert from "node:assert/strict";
import { conntrackOver } from "../../src/conntrack/conntrack-client.ts";
import { StaleEntries } from "../../src/conntrack/stale-entries.ts";
import { CONNTRACK_MESSAGE_BYTES, writeGetEntries } from "../../src/netlink/ctnl.ts";
import { loadLibrary } from "../../src/netlink/library.ts";
import { Batch } from "../../src/netlink/message.ts";
import { AF } from "../../src/netlink/rtnl.ts";
import { NETLINK, openSocket } from "../../src/netlink/socket.ts";
import type { End, Entry } from "../fakes/conntrack-entry.ts";
import { forget, forgotten } from "../lab/forget-flows.ts";
import type { LabCase } from "../lab/guest-runner.ts";
import { putEntries } from "../lab/put-entries.ts";
import { shell } from "../lab/shell.ts";
import { load } from "../lab/traffic.ts";
import { watchMemory } from "../lab/watch-memory.ts";

const VIP: End = ["10.96.0.10", 53];
const VIP_V6: End = ["fd00:96::a", 53];
const POD: End = ["10.1.0.1", 8053];
const OTHER_POD: End = ["10.1.0.2", 8053];
const CLIENT: End = ["10.9.0.1", 40_000];

/** Entries of the largest table that a default node has. */
const FULL_TABLE = 262_144;

/** What is in use in the midst of forgetting a few flows of a full table: its answer is 50 MiB, a part of it 1. */
const LIVE_BYTES_MAX = 8 * 1024 * 1024;

/** How many entries an operation means now. */
async function count(frontend: End, backend?: End): Promise<number> {
  const isIpv6 = frontend[0].includes(":");
  const stale = new StaleEntries(isIpv6 ? "ipv6" : "ipv4", [forget(frontend, backend)]);
  let found = 0;
  await visitEntries(isIpv6 ? AF.inet6 : AF.inet, undefined, (from, message) => {
    if (stale.match(from, message)) found++;
  });
  return found;
}

type Visit = (...entry: Parameters<StaleEntries["match"]>) => void;

async function visitEntries(family: number, protocol: number | undefined, visit: Visit) {
  const socket = openSocket(loadLibrary(), NETLINK.netfilter);
  const batch = new Batch(CONNTRACK_MESSAGE_BYTES);
  writeGetEntries(batch, family, protocol);
  await socket.dumpInParts("IPCTNL_MSG_CT_GET", batch, ({ from, messages }) => {
    for (const message of messages) visit(from, message);
  });
  socket.close();
}

async function entriesOf(protocol: number | undefined): Promise<number> {
  let found = 0;
  await visitEntries(AF.inet, protocol, () => found++);
  return found;
}

/** Connection tracking is on only where something asks for it, as the real rules do. */
const TRACK = `nft -f - <<END
table inet lab_track {
  chain seen {
    type filter hook prerouting priority 0
    ct state new accept
  }
}
END`;

/** The service that traffic goes to, on a pod each. */
function service(...pods: readonly End[]): string {
  const lines = pods.map(([address, port]) => `-a -u ${VIP[0]}:53 -r ${address}:${port} -m -w 1`);
  return `ipvsadm -R <<END\n-A -u ${VIP[0]}:53 -s rr\n${lines.join("\n")}\nEND`;
}

async function withVip(body: () => Promise<void>): Promise<void> {
  await shell(`${TRACK}
    ip link add vip0 type dummy; ip addr add ${VIP[0]}/32 dev vip0
    sysctl -qw net.ipv4.vs.conntrack=1 net.ipv4.vs.expire_nodest_conn=1`);
  try {
    await body();
  } finally {
    await shell("ipvsadm -C; ip link del vip0; nft delete table inet lab_track");
  }
}

/** One question from a pod, always from the same port: one flow. Gives the pod that answered. */
async function ask(): Promise<string> {
  const { pods } = await load({
    namespace: "client",
    protocol: "udp",
    to: `${VIP[0]}:53`,
    requests: 1,
    sourcePort: 40_001,
    timeoutMs: 500,
  });
  return Object.keys(pods).join() || "nobody";
}

/** All cases, in order. */
export const conntrackCases: readonly LabCase[] = [
  {
    name: "of entries put in by hand exactly those that are meant go, in both families",
    run: async () => {
      const at = (port: number): End => [CLIENT[0], port];
      const v6 = (port: number): End => ["fd00::1", port];
      await putEntries([
        { client: at(1), frontend: VIP, backend: POD },
        { client: at(2), frontend: VIP, backend: POD },
        { client: at(3), frontend: VIP, backend: OTHER_POD },
        { client: at(4), frontend: VIP, backend: VIP },
        { client: at(5), frontend: [VIP[0], 54], backend: POD },
        { client: at(6), frontend: ["10.96.0.11", 53], backend: POD },
        { client: v6(1), frontend: VIP_V6, backend: ["fd00::2", 2] },
        { client: v6(2), frontend: ["fd00:96::b", 53], backend: ["fd00::2", 2] },
      ]);
      assert.equal(await count(VIP, POD), 2);
      assert.equal(await forgotten(forget(VIP, POD)), 2);
      assert.equal(await count(VIP, POD), 0);
      assert.equal(await count(VIP), 2);
      assert.equal(await forgotten(forget(VIP, VIP), forget(VIP_V6)), 2);
      assert.equal(await count(VIP), 1);
      assert.equal(await forgotten(forget(VIP), forget([VIP[0], 54])), 2);
      assert.equal(await forgotten(forget(VIP), forget([VIP[0], 54])), 0);
      assert.equal(await count(["10.96.0.11", 53]), 1);
      assert.equal(await count(["fd00:96::b", 53]), 1);
      assert.equal(await forgotten(forget(["10.96.0.11", 53]), forget(["fd00:96::b", 53])), 2);
    },
  },
  {
    name: "the kernel itself leaves entries of other protocols out of the answer",
    run: async () => {
      const before = await entriesOf(17);
      const client = (port: number): End => ["10.9.0.2", port];
      await putEntries([
        { client: client(1), frontend: VIP, backend: POD },
        { client: client(2), frontend: VIP, backend: POD, protocol: 132 },
      ]);
      assert.equal(await entriesOf(17), before + 1);
      assert.ok((await entriesOf(undefined)) >= before + 2);
      assert.equal(await forgotten(forget(VIP)), 1);
      assert.equal(await entriesOf(17), before);
    },
  },
  {
    name: "a UDP flow leaves the endpoint that is gone once its entry is forgotten",
    run: () =>
      withVip(async () => {
        await shell(service(POD));
        assert.equal(await ask(), "p1");
        assert.equal(await count(VIP, POD), 1);
        // Newer kernels would else delete the entry themselves, at some time of their own.
        await shell(`sysctl -qw net.ipv4.vs.expire_nodest_conn=0
          ipvsadm -d -u ${VIP[0]}:53 -r ${POD[0]}:${POD[1]}
          ipvsadm -a -u ${VIP[0]}:53 -r ${OTHER_POD[0]}:${OTHER_POD[1]} -m -w 1`);
        assert.equal(await forgotten(forget(VIP, OTHER_POD)), 0);
        assert.equal(await forgotten(forget(VIP, POD)), 1);
        assert.equal(await count(VIP), 0);
        await shell("sysctl -qw net.ipv4.vs.expire_nodest_conn=1");
        // The flow's first packet to a destination that is gone only ends it in IPVS itself.
        const answered = [await ask(), await ask()];
        assert.equal(answered.at(-1), "p2", answered.join());
        assert.equal(await count(VIP, OTHER_POD), 1);
      }),
  },
  {
    name: "a UDP flow from before there was an endpoint is forgotten as one that nobody answers",
    run: () =>
      withVip(async () => {
        await forgotten(forget(VIP));
        await shell("ipvsadm -C");
        assert.equal(await ask(), "nobody");
        assert.equal(await count(VIP, VIP), 1);
        await shell(service(POD));
        assert.equal(await forgotten(forget(VIP, POD)), 0);
        assert.equal(await forgotten(forget(VIP, VIP)), 1);
        assert.equal(await ask(), "p1");
        assert.equal(await count(VIP, POD), 1);
        await forgotten(forget(VIP));
      }),
  },
  {
    name: `${FULL_TABLE} entries: a few are found and deleted without memory for all of them`,
    run: async () => {
      await shell(`sysctl -qw net.netfilter.nf_conntrack_max=${2 * FULL_TABLE}`);
      for (let start = 0; start < FULL_TABLE; start += 32_768) {
        await putEntries(
          Array.from({ length: 32_768 }, (_, i): Entry => {
            const number = start + i;
            const address = `10.${100 + (number >> 16)}.${(number >> 8) & 255}.${number & 255}`;
            const frontend = number % 32_768 === 9 ? VIP : (["10.96.1.1", 53] as const);
            return { client: [address, 1], frontend, backend: POD };
          }),
        );
      }
      const { socket, memory } = watchMemory(openSocket(loadLibrary(), NETLINK.netfilter));
      const conntrack = conntrackOver(socket);
      assert.equal(await conntrack.forget([forget(VIP, POD)]), 8);
      conntrack.close();
      assert.ok(
        memory.answerBytes > 4 * LIVE_BYTES_MAX,
        `an answer of ${memory.answerBytes} bytes`,
      );
      assert.ok(memory.liveBytes > 0, "no part was looked at");
      assert.ok(memory.liveBytes < LIVE_BYTES_MAX, `${memory.liveBytes} bytes in use`);
      assert.equal(await forgotten(forget(["10.96.1.1", 53])), FULL_TABLE - 8);
    },
  },
];
