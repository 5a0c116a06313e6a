/** The lab proves itself: IPVS services made by hand, with nothing of kube-ipvs involved. */
import assert from "node:assert/strict";
import { bootLab } from "../lab/boot.ts";
import type { LabCase } from "../lab/guest-runner.ts";
import { ofFamily, SAMPLE_CLIENT_POD, SAMPLE_OUTSIDE } from "../lab/sample-topology.ts";
import { shell } from "../lab/shell.ts";
import type { Topology } from "../lab/topology.ts";
import { hold, load } from "../lab/traffic.ts";

const SERVICE = "10.96.0.99";
const SERVICE_V6 = "fd00:96::99";

const INNER = `
  echo "{\\"services\\":$(tail -n +4 /proc/net/ip_vs | wc -l)}" >$LAB_REPORT
  touch "$PWD/written"
  exit 3`;

/** What every case gets. */
export interface LabContext {
  readonly topology: Topology;
}

/** A table by hand, for the time of `body`. */
async function withTable(lines: readonly string[], body: () => Promise<void>): Promise<void> {
  await shell(
    `ip link add hand0 type dummy
     ip addr add ${SERVICE}/32 dev hand0
     ip addr add ${SERVICE_V6}/128 dev hand0
     ipvsadm -R <<END\n${lines.join("\n")}\nEND`,
  );
  try {
    await body();
  } finally {
    await shell("ipvsadm -C; ip link del hand0");
  }
}

function roundRobin(protocol: "t" | "u", service: string, pods: readonly string[]): string[] {
  const name = `-${protocol} ${service}`;
  return [`-A ${name} -s rr`, ...pods.map((pod) => `-a ${name} -r ${pod} -m -w 1`)];
}

const WEB = roundRobin("t", `${SERVICE}:80`, ["10.1.0.1:8080", "10.1.0.2:8080", "10.1.0.3:8080"]);

/** All cases, in order. */
export const labCases: readonly LabCase<LabContext>[] = [
  {
    name: "a pod answers a client outside with its name and the client's address",
    run: async () => {
      const found = await load({ namespace: "outside", to: "10.1.0.2:8080", requests: 3 });
      assert.deepEqual(found.pods, { p2: 3 });
      assert.deepEqual(found.seen, { "192.168.77.201": 3 });
    },
  },
  {
    name: "rr gives every pod the same share, from each of several clients",
    run: () =>
      withTable(WEB, async () => {
        const found = await load({
          namespace: SAMPLE_CLIENT_POD.name,
          from: ofFamily("ipv4", SAMPLE_CLIENT_POD.addresses),
          to: `${SERVICE}:80`,
          requests: 240,
          concurrency: 8,
        });
        assert.equal(found.failed, 0);
        assert.deepEqual(found.pods, { p1: 80, p2: 80, p3: 80 });
        assert.equal(Object.keys(found.seen).length, 8);
        assert.deepEqual(
          Object.values(found.sources).map((pods) => sum(pods)),
          Array(8).fill(30),
        );
      }),
  },
  {
    name: "UDP and IPv6 are balanced too",
    run: () => {
      const pods = ["[fd00:1::1]:8053", "[fd00:1::2]:8053"];
      return withTable(roundRobin("u", `[${SERVICE_V6}]:53`, pods), async () => {
        const found = await load({
          namespace: SAMPLE_OUTSIDE.name,
          from: ofFamily("ipv6", SAMPLE_OUTSIDE.addresses),
          to: `[${SERVICE_V6}]:53`,
          protocol: "udp",
          requests: 20,
        });
        assert.equal(found.failed, 0);
        assert.deepEqual(found.pods, { p1: 10, p2: 10 });
      });
    },
  },
  {
    name: "a slow pod is slow, and the others are not",
    run: async ({ topology }) => {
      await topology.setDelay("p3", 150);
      const slow = await load({ to: "10.1.0.3:8080", requests: 4, concurrency: 4 });
      const quick = await load({ to: "10.1.0.1:8080", requests: 4, concurrency: 4 });
      await topology.setDelay("p3", 0);
      assert.ok(slow.latencyMs && slow.latencyMs.min >= 150, JSON.stringify(slow));
      assert.ok(quick.latencyMs && quick.latencyMs.max < 150, JSON.stringify(quick));
    },
  },
  {
    name: "an open connection stays with its pod while the pod takes no new ones",
    run: () =>
      withTable(WEB, async () => {
        const service = `${SERVICE}:80`;
        const open = await hold({
          to: service,
          connections: 3,
          intervalMs: 20,
          durationMs: 60_000,
        });
        await shell(`ipvsadm -e -t ${service} -r 10.1.0.1:8080 -m -w 0`);
        const fresh = await load({ to: service, requests: 20 });
        const { connections } = await open.stop();
        assert.deepEqual(fresh.pods, { p2: 10, p3: 10 });
        assert.deepEqual(connections.map(({ pod }) => pod).toSorted(), ["p1", "p2", "p3"]);
        for (const connection of connections) {
          assert.equal(connection.broken, null);
          assert.equal(connection.moved, false);
          assert.ok(connection.exchanges > 1);
        }
      }),
  },
  {
    name: "failures are told apart: refused, unreachable, reset, timeout",
    run: async ({ topology }) => {
      const refused = await load({ to: "10.1.0.1:9", requests: 2 });
      assert.equal(refused.failures.refused, 2);
      await topology.addPod({ name: "gone", addresses: ["10.1.0.50"], ports: [8080] });
      const open = await hold({ to: "10.1.0.50:8080", intervalMs: 5_000, durationMs: 60_000 });
      await topology.setDelay("gone", 5_000);
      const late = await load({ to: "10.1.0.50:8080", requests: 1, timeoutMs: 200 });
      assert.equal(late.failures.timeout, 1);
      await topology.removePod("gone");
      const { connections } = await open.stop();
      assert.ok(connections[0]?.broken === "closed" || connections[0]?.broken === "reset");
      const nowhere = await load({ to: "10.1.0.50:8080", requests: 1, timeoutMs: 500 });
      assert.equal(nowhere.failed, 1);
    },
  },
  {
    name: "where the kernel has IPVS, the lab is a namespace of its own with the files read-only",
    run: async () => {
      const lines: unknown[] = [];
      const inner = await bootLab({
        command: ["sh", "-c", INNER],
        onLine: (line) => lines.push(line),
      });
      assert.equal(inner.engine, "namespace");
      assert.equal(inner.exitStatus, 3, inner.output);
      assert.deepEqual(lines, [{ services: 0 }]);
      assert.match(inner.output, /Read-only file system/);
    },
  },
  {
    name: "every scheduler that kube-ipvs names is in this kernel",
    run: async () => {
      const names = "rr wrr lc wlc lblc lblcr dh sh mh sed nq fo ovf twos".split(" ");
      const lines = names.map((name, i) => `-A -f ${i + 1} -s ${name}`);
      await withTable(lines, async () => {
        const table = await shell("cat /proc/net/ip_vs");
        const held = [...table.matchAll(/^FWM {2}\w+ +(\w+)/gm)].map(([, name]) => name);
        assert.deepEqual(held.toSorted(), names.toSorted());
      });
    },
  },
];

function sum(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((total, count) => total + count, 0);
}
