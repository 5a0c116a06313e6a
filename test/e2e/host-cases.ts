/** The node's addresses, settings and connection tracking on a real kernel. */
import assert from "node:assert/strict";
import { release } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { systemClock } from "../../src/base/clock.ts";
import type { ConntrackLimits } from "../../src/host/conntrack-wishes.ts";
import { applyHostSettings, type HostSettings } from "../../src/host/host-settings.ts";
import type { NodeAddresses } from "../../src/host/node-addresses.ts";
import { openNodeAddresses } from "../../src/host/node-addresses-client.ts";
import { openServiceInterface } from "../../src/host/service-interface-client.ts";
import type { AddressOperation } from "../../src/model/operation.ts";
import type { LabCase } from "../lab/guest-runner.ts";
import { shell } from "../lab/shell.ts";
import { conntrackCases } from "./conntrack-cases.ts";

/** How soon a change must be told. */
const TOLD_MS_MAX = 5_000;

/** Longer than any coalescing of changes. */
const QUIET_MS = 700;

/** A client that counts what it is told, for the time of `body`. */
async function withAddresses(
  body: (addresses: NodeAddresses, told: Told) => Promise<void>,
): Promise<void> {
  const addresses = openNodeAddresses({ clock: systemClock });
  const told = new Told();
  addresses.onChange(() => told.note());
  try {
    await body(addresses, told);
  } finally {
    addresses.close();
    await shell(
      "ip link del node0 2>/dev/null || true; ip link del kube-ipvs0 2>/dev/null || true",
    );
  }
}

class Told {
  calls = 0;
  #wake: () => void = () => {};

  note(): void {
    this.calls++;
    this.#wake();
  }

  /** Carries `change` out, and resolves when it is told. Rejects when that takes too long. */
  async after(change: string): Promise<void> {
    const next = new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
    await shell(change);
    const late = sleep(TOLD_MS_MAX, "late", { ref: false });
    assert.notEqual(await Promise.race([next, late]), "late", `${change}: not told in time`);
  }
}

function text(list: Awaited<ReturnType<NodeAddresses["current"]>>): string[] {
  return list.map(({ address, link }) => `${address} ${link}`);
}

/** All cases, in order. */
export const hostCases: readonly LabCase[] = [
  {
    name: "an address that comes or goes is told within a second, also with its link and its link's name",
    run: () =>
      withAddresses(async (addresses, told) => {
        await shell("ip link add node0 type dummy; ip link set node0 up");
        await told.after("ip addr add 10.44.0.1/24 dev node0");
        await told.after("ip addr add fd00:44::1/64 dev node0 nodad");
        const held = text(await addresses.current());
        assert.ok(held.includes("10.44.0.1 node0"), held.join());
        assert.ok(held.includes("fd00:44::1 node0"), held.join());
        assert.ok(held.includes("127.0.0.1 lo"), held.join());
        await told.after("ip link set node0 down; ip link set node0 name node1");
        assert.ok(text(await addresses.current()).includes("10.44.0.1 node1"));
        await told.after("ip link set node1 name node0; ip addr del 10.44.0.1/24 dev node0");
        assert.ok(!text(await addresses.current()).includes("10.44.0.1 node0"));
        await told.after("ip addr add 10.44.0.2/24 dev node0");
        await told.after("ip link del node0");
        assert.ok(!text(await addresses.current()).includes("10.44.0.2 node0"));
      }),
  },
  {
    name: "a tentative address counts, and of a point-to-point link this side's does",
    run: () =>
      withAddresses(async (addresses) => {
        await shell(`ip link add node0 type veth peer name node1; ip link set node0 up
          ip addr add fd00:44::2/64 dev node0; ip addr add 10.44.0.8 peer 10.44.0.9 dev node0`);
        const held = text(await addresses.current());
        assert.ok(held.includes("fd00:44::2 node0"), held.join());
        assert.ok(held.includes("10.44.0.8 node0"), held.join());
        assert.ok(!held.some((line) => line.startsWith("10.44.0.9")), held.join());
      }),
  },
  {
    name: "the addresses of kube-ipvs0 are neither listed nor told",
    run: () =>
      withAddresses(async (addresses, told) => {
        const link = openServiceInterface();
        await link.ensure();
        const operations = Array.from(
          { length: 500 },
          (_, i): AddressOperation => ({
            kind: "add-address",
            address: i % 2 ? `10.96.${i >> 8}.${i & 255}` : `fd00:96::${i.toString(16)}`,
          }),
        );
        assert.deepEqual(await link.write(operations), []);
        const held = text(await addresses.current());
        assert.ok(!held.some((line) => line.endsWith("kube-ipvs0")), held.join());
        await link.write(operations.map(({ address }) => ({ kind: "delete-address", address })));
        link.close();
        await sleep(QUIET_MS);
        assert.equal(told.calls, 0);
      }),
  },
  {
    name: "a thousand addresses are told a few times, and all of them are listed",
    run: () =>
      withAddresses(async (addresses, told) => {
        await shell("ip link add node0 type dummy");
        await sleep(QUIET_MS);
        told.calls = 0;
        const lines = Array.from(
          { length: 1_000 },
          (_, i) => `addr add 10.45.${i >> 8}.${i & 255}/32 dev node0`,
        );
        await told.after(`ip -batch - <<END\n${lines.join("\n")}\nEND`);
        await sleep(QUIET_MS);
        assert.ok(told.calls <= 5, `told ${told.calls} times`);
        const held = text(await addresses.current());
        assert.equal(held.filter((line) => line.startsWith("10.45.")).length, 1_000);
      }),
  },
  {
    name: "the settings of a default configuration are written once, and are right from then on",
    run: async () => {
      const conntrack: ConntrackLimits = {
        maxPerCore: 32_768,
        min: 131_072,
        tcpEstablishedS: 86_400,
        tcpCloseWaitS: 3_600,
        tcpBeLiberal: true,
        udpS: 31,
        udpStreamS: 121,
      };
      const settings: HostSettings = {
        release: release(),
        cpuCount: 16,
        strictArp: true,
        conntrack,
        oomScoreAdj: 500,
      };
      const first = await applyHostSettings(settings);
      assert.deepEqual(
        first.filter(({ outcome }) => outcome === "failed"),
        [],
      );
      const raised = first.find(({ name }) => name.endsWith("hashsize"));
      assert.deepEqual([raised?.wanted, raised?.outcome], ["131072", "written"]);
      const second = await applyHostSettings(settings);
      assert.deepEqual(
        second.filter(({ outcome }) => outcome !== "kept"),
        [],
      );
      const max = await shell("cat /proc/sys/net/netfilter/nf_conntrack_max");
      assert.equal(max.trim(), "524288");
    },
  },
  ...conntrackCases,
];
