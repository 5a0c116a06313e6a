/** The agent starts where kube-proxy's IPVS mode ran: it adopts what is right, and removes what is left. */
import assert from "node:assert/strict";
import { shell } from "../../lab/shell.ts";
import { hold } from "../../lab/traffic.ts";
import {
  eventually,
  expectNoAnswer,
  expectPods,
  withoutFailure,
} from "../harness/expect-traffic.ts";
import { type Iptables, iptables } from "../harness/kube-proxy-leftovers.ts";
import { at, OUTSIDE, POD } from "../harness/places.ts";
import { addressOf, clientAddresses } from "../harness/pods.ts";
import type { ServiceCase } from "../harness/service-case.ts";
import {
  CLEAN,
  endWithoutTrace,
  FAMILIES,
  isOfTakeOver,
  leftovers,
  linesOfTakeOver,
  list,
  PODS,
  TABLES,
  V4,
  V6,
  WEB,
} from "../harness/take-over.ts";

const STALE = "10.96.0.211";
const HELD = 6;

/** What kubelet, a network plugin and a person have beside kube-proxy's. */
const FOREIGN = FAMILIES.map((family) => {
  const inet = family === "ipv4" ? "inet" : "inet6";
  return `ipset create foreign-${inet} hash:net family ${inet}
${iptables({ family, kind: "nft" })}-restore --noflush <<'END'
*mangle
:KUBE-KUBELET-CANARY - [0:0]
:KUBE-IPTABLES-HINT - [0:0]
COMMIT
*nat
:CNI-HOSTPORT-DNAT - [0:0]
-A PREROUTING -m addrtype --dst-type LOCAL -j CNI-HOSTPORT-DNAT
-A CNI-HOSTPORT-DNAT -p tcp --dport 31999 -j RETURN
COMMIT
*filter
:KUBE-FIREWALL - [0:0]
-A OUTPUT -j KUBE-FIREWALL
-A KUBE-FIREWALL -m mark --mark 0x8000/0x8000 -j DROP
-A INPUT -m set --match-set foreign-${inet} src -j DROP
COMMIT
END
`;
}).join("");

/** Has the packets of a host port masqueraded by kube-proxy's mark, as network plugins may be told to. */
const HOST_PORT = FAMILIES.map(
  (family) =>
    `${iptables({ family, kind: "nft" })} -t nat -A CNI-HOSTPORT-DNAT -p tcp --dport 31998 -j KUBE-MARK-MASQ\n`,
).join("");

/** Rules and sets of everybody, without counters. */
function everything(kind: Iptables["kind"]): Promise<string> {
  return shell(`${FAMILIES.map((family) => `${iptables({ family, kind })}-save`).join("\n")}
ipset list -n | sort
`).then((text) => text.replaceAll(/^#.*\n/gm, "").replaceAll(/ \[\d+:\d+\]$/gm, ""));
}

/** Hides iptables' extensions, as in an image without iptables: nftables cannot read its matches then. */
async function withoutExtensions<T>(body: () => Promise<T>): Promise<T> {
  const folder = (await shell('dirname "$(find /usr/lib* -name libxt_set.so | head -1)"\n')).trim();
  await shell(`mount -t tmpfs none ${folder}\n`);
  try {
    return await body();
  } finally {
    await shell(`umount ${folder}\n`);
  }
}

/** Connections that the virtual service has had so far: an adopted one goes on counting. */
async function connectionsOf(service: string): Promise<number> {
  const text = await shell(`ipvsadm -Ln --stats --exact -t ${service}\n`);
  const [, count] = /^TCP\s+\S+\s+(\d+)/m.exec(text) ?? [];
  return Number(count);
}

/** kube-proxy's own virtual services and destinations that no object wants. */
const MAKE_STALE = `ipvsadm -a -t ${at(V4)} -r 10.1.0.99:8080 -m -w 0
ip addr add ${STALE}/32 dev kube-ipvs0
ipvsadm -A -t ${at(STALE)} -s rr
ipvsadm -a -t ${at(STALE)} -r ${addressOf("p1")}:8080 -m -w 1
`;

/** Take-over. */
export const takeOverCases: readonly ServiceCase[] = [
  {
    name: "take-over from kube-proxy: its entries are adopted, its chains and sets removed, nobody else's",
    upstream: [],
    run: async (harness) => {
      await harness.apply(...WEB);
      await endWithoutTrace(harness);
      try {
        await shell(FOREIGN);
        const before = await everything("nft");
        await shell(leftovers("nft") + MAKE_STALE);
        assert.notEqual(await everything("nft"), before);
        const client = { ...POD, to: at(V4), from: clientAddresses().slice(0, 1) };
        const held = await hold({ ...client, connections: HELD, durationMs: 60_000 });
        const opened = async (): Promise<boolean> => (await connectionsOf(at(V4))) >= HELD;
        await eventually("connections are open", opened);
        const connections = await connectionsOf(at(V4));
        await withoutFailure({ ...OUTSIDE, to: at(V4) }, async () => {
          const mark = harness.agent.start();
          const line = await harness.agent.line("the take-over", isOfTakeOver, { mark });
          assert.match(line.msg, /^taken over from kube-proxy/, JSON.stringify(line));
          assert.equal(list(line, "chains").length, 2 * 11);
          assert.equal(list(line, "sets").length, 2 * 17);
        });
        assert.equal(await everything("nft"), before);
        assert.ok((await connectionsOf(at(V4))) > connections, "the entry was made anew");
        assert.equal(harness.virtualService(`tcp/${STALE}:80`), undefined);
        const destinations = harness.virtualService(`tcp/${at(V4)}`)?.destinations;
        assert.equal(destinations?.size, PODS.length);
        await harness.synced();
        for (const to of [at(V4), at(V6)]) await expectPods({ ...POD, to }, PODS);
        await expectNoAnswer({ ...POD, to: at(STALE) });
        const { connections: kept } = await held.stop();
        assert.deepEqual(
          kept.filter(({ broken, moved }) => broken !== null || moved),
          [],
        );
        assert.equal(await harness.agent.end("SIGTERM"), 0);
        assert.deepEqual(await linesOfTakeOver(harness), []);
      } finally {
        await shell(CLEAN);
      }
    },
  },
  {
    name: "take-over from kube-proxy: a chain that a network plugin jumps to stays, with what it needs",
    upstream: [],
    run: async (harness) => {
      await harness.apply(...WEB);
      await endWithoutTrace(harness);
      try {
        await shell(FOREIGN + leftovers("nft") + HOST_PORT);
        const [done, kept, ...more] = await withoutExtensions(() => linesOfTakeOver(harness));
        assert.equal(more.length, 0);
        assert.equal(list(done, "chains").length, 2 * 9);
        const names = ["KUBE-POSTROUTING", "KUBE-MARK-MASQ"];
        const chains = ["ip", "ip6"].flatMap((family) =>
          names.map((name) => `${family} nat ${name}`),
        );
        assert.deepEqual(list(kept, "chainsInUse").toSorted(), chains.toSorted());
        assert.deepEqual(kept?.["setsInUse"], ["KUBE-LOOP-BACK", "KUBE-6-LOOP-BACK"]);
        const rules = await everything("nft");
        const used = /-A CNI-HOSTPORT-DNAT .*--dport 31998 -j KUBE-MARK-MASQ/g;
        assert.equal(rules.match(used)?.length, 2);
        assert.equal(rules.match(/-A POSTROUTING .*-j KUBE-POSTROUTING/g)?.length, 2);
        assert.doesNotMatch(rules, /KUBE-SERVICES|KUBE-NODE-PORT|KUBE-IPVS/);
        await harness.agent.firstSync(harness.agent.start());
        for (const to of [at(V4), at(V6)]) await expectPods({ ...POD, to }, PODS);
      } finally {
        await shell(CLEAN);
      }
    },
  },
  {
    name: "take-over from kube-proxy: for chains of iptables-legacy the log has the commands, and they work",
    upstream: [],
    run: async (harness) => {
      await harness.apply(...WEB);
      await endWithoutTrace(harness);
      try {
        await shell(
          FAMILIES.map(
            (family) => `${iptables({ family, kind: "legacy" })} -t nat -N CNI-OTHERS\n`,
          ).join(""),
        );
        const before = await everything("legacy");
        await shell(leftovers("legacy"));
        const lines = await linesOfTakeOver(harness);
        const warning = lines.find((line) => line["commands"] !== undefined);
        assert.match(warning?.msg ?? "", /go on refusing .* run these commands as root/);
        assert.match(await everything("legacy"), /KUBE-SERVICES/);
        await shell(`${list(warning, "commands").join("\n")}\n`);
        const isEmpty = (text: string): string =>
          text.replaceAll(/^(\*|:[A-Z]+ |COMMIT).*\n/gm, "");
        assert.equal(isEmpty(await everything("legacy")), isEmpty(before));
        assert.deepEqual(await linesOfTakeOver(harness), []);
      } finally {
        await shell(
          `${FAMILIES.map((family) => {
            const program = iptables({ family, kind: "legacy" });
            return TABLES.map(
              (table) => `${program} -t ${table} -F; ${program} -t ${table} -X`,
            ).join("\n");
          }).join("\n")}\n${CLEAN}`,
        );
      }
    },
  },
];
