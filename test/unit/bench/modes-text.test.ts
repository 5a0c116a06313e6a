/** What the comparison of modes makes of its figures. */
import { expect, test } from "vitest";
import type { NodeFigure } from "../../bench/node/inside.ts";
import { differsFrom } from "../../bench/node/modes-differences.ts";
import {
  floorOf,
  MEASURES,
  type Mode,
  modeNames,
  resultOf,
} from "../../bench/node/modes-measures.ts";
import { modesText } from "../../bench/node/modes-text.ts";
import type { TrafficResult } from "../../bench/node/scenarios/traffic.ts";
import { medianLatency, medianRate, rateResult, type WayResult } from "../../bench/node/way.ts";

function way(ms: number): WayResult {
  const latency = { min: ms / 2, median: ms, p99: 2 * ms, max: 3 * ms };
  const atRate = { failed: 0, processorMsPer1000: ms, processorPercent: ms };
  return { fresh: latency, kept: latency, atRate: { ...atRate, connectionsPerS: 100 } };
}

function figure(mode: Mode, directMs: number, proxiedMs: number, services = 1_000): NodeFigure {
  const value: TrafficResult = {
    direct: way(directMs),
    proxied: way(proxiedMs),
    setUpMs: 2_000 * proxiedMs,
    change: { medianMs: proxiedMs, p99Ms: proxiedMs, worstMs: proxiedMs },
    residentMb: 10 * proxiedMs,
    kernelMb: proxiedMs,
  };
  return {
    ...{ subject: mode, scenario: "traffic", value, serverProcessorS: 0 },
    size: { services, endpointsPerService: 10 },
  };
}

const FAILED: NodeFigure = {
  ...{ subject: "nftables", scenario: "traffic", value: null, serverProcessorS: 0 },
  ...{ size: { services: 1_000, endpointsPerService: 10 }, error: "it has ended\nits log" },
};
const FIGURES = [
  figure("userspace", 1, 8),
  figure("iptables", 5, 4),
  FAILED,
  figure("kube-ipvs", 2, 2),
];
const [CONNECT] = MEASURES;

test("the floor is the median of what all runs of a size found", () => {
  if (!CONNECT) throw new Error("nothing is measured");
  expect(floorOf(FIGURES, CONNECT, 1_000)).toBe(2);
  expect(floorOf(FIGURES, CONNECT, 10)).toBeNull();
});

test("a mode that failed has no result", () => {
  expect(resultOf(FIGURES, "nftables", 1_000)).toBeUndefined();
  expect(resultOf(FIGURES, "kube-ipvs", 10)).toBeUndefined();
  expect(resultOf(FIGURES, "kube-ipvs", 1_000)?.setUpMs).toBe(4_000);
});

test("what is not told apart from the best is as good; the quickest is told apart sooner", () => {
  const text = modesText([figure("iptables", 1, 2.9), figure("kube-ipvs", 1, 2)], [1_000], "");
  expect(text).toContain("answer, median | 1,000 | IPVS by kube-ipvs, iptables |  |");
  expect(text).toContain("the quickest | 1,000 | IPVS by kube-ipvs | iptables 1.45 x |");
});

test("the text has every figure, who wins by how much, and why something is missing", () => {
  const text = modesText(FIGURES, [1_000], "Measured");
  expect(text).toContain("| 1,000 | 2 | 8 | 4 | - | 2 |");
  expect(text).toContain(
    "| New connection and its answer, median | 1,000 | IPVS by kube-ipvs | iptables 2.00 x, userspace 4.00 x |",
  );
  expect(text).toContain("Not measured:\n\n- nftables, 1,000 Services: it has ended\n");
  for (const { name } of MEASURES) expect(text).toContain(`(bench/${name}.svg)`);
});

test("modes differ from the smallest size on from which the worst is always told apart from the best", () => {
  if (!CONNECT) throw new Error("nothing is measured");
  const sizes = [10, 100, 1_000, 10_000];
  // A difference by chance with 10 Services, none with 100, and what grows from there on.
  const iptables = [1.9, 1.4, 1.6, 9];
  const figures = sizes.flatMap((services, index) => [
    figure("iptables", 1, iptables[index] ?? 0, services),
    figure("kube-ipvs", 1, 1, services),
    figure("userspace", 1, 2, services),
  ]);
  const asked = { measure: CONNECT, sizes };
  expect(differsFrom(figures, { ...asked, modes: ["iptables", "kube-ipvs"] })).toBe(1_000);
  expect(differsFrom(figures, { ...asked, modes: modeNames() })).toBe(10);
  expect(differsFrom(figures, { ...asked, modes: ["kube-ipvs"] })).toBeUndefined();
  const text = modesText(figures, sizes, "Measured");
  expect(text).toContain("| New connection and its answer, median | 1,000 | 10 |");
});

test("the processor's time at a fixed rate is without what the node does anyway", () => {
  const counted = { answered: 2_000, failed: 0, busyS: 5, tookS: 20, quietShare: 0.05 };
  expect(rateResult(counted)).toEqual({
    ...{ connectionsPerS: 100, failed: 0, processorMsPer1000: 2_000, processorPercent: 20 },
  });
});

test("a rate that was not kept is named", () => {
  const slow = figure("userspace", 1, 8);
  const { proxied } = slow.value as { proxied: { atRate: object } };
  Object.assign(proxied.atRate, { connectionsPerS: 40 });
  const text = modesText([slow], [1_000], "Measured");
  expect(text).toContain("answered:\n\n- userspace, 1,000 Services: 40 a second\n");
  expect(modesText(FIGURES, [1_000], "Measured")).not.toContain("answered:");
});

test("of rounds each figure is the median, so that one in which the machine was busy does not count", () => {
  const latency = (ms: number) => ({ min: ms - 1, median: ms, p99: 2 * ms, max: 3 * ms });
  expect(medianLatency([latency(9), latency(2), latency(3)])).toEqual({
    ...{ min: 1, median: 3, p99: 6, max: 27 },
  });
  const rate = (ms: number) => ({
    ...{ connectionsPerS: 100, failed: 1, processorMsPer1000: ms, processorPercent: ms / 10 },
  });
  expect(medianRate([rate(-500), rate(90), rate(100)])).toEqual({
    ...{ connectionsPerS: 100, failed: 3, processorMsPer1000: 90, processorPercent: 9 },
  });
});
