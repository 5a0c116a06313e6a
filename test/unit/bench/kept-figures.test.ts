/** Figures of several boots in one file, and what becomes of a boot that ends too soon. */
import { expect, test } from "vitest";
import { type BootFacts, kernelText, measuredText } from "../../bench/boot-facts.ts";
import { chosen } from "../../bench/node/chosen.ts";
import {
  errorsOf,
  type KeptFigure,
  measuredBySize,
  mergedFigures,
} from "../../bench/node/kept-figures.ts";
import { endOf, lost } from "../../bench/node/run-node-bench.ts";
import { measuredSizes, sizesOf, sizeWord } from "../../bench/node/sizes.ts";
import { LabError } from "../../lab/lab-error.ts";

const BOOT: BootFacts = { day: "2026-11-23", engine: "uml", kernel: "6.1.172", processors: 1 };
const LATER: BootFacts = { ...BOOT, day: "2026-11-27" };

function figure(services: number, boot: BootFacts, rest: Partial<KeptFigure> = {}): KeptFigure {
  const size = { services, endpointsPerService: 10 };
  const run = { subject: "kube-ipvs", scenario: "life" } as const;
  return { ...run, size, value: boot.day, serverProcessorS: 0, boot, ...rest };
}

test("a run of one size takes the place of that size alone", () => {
  const kept = [figure(100, BOOT), figure(1_000, BOOT), figure(10_000, BOOT)];
  const merged = mergedFigures(kept, [figure(1_000, LATER)]);
  expect(merged.map(({ size, value }) => [size.services, value])).toEqual([
    ...[
      [100, BOOT.day],
      [1_000, LATER.day],
      [10_000, BOOT.day],
    ],
  ]);
  expect(measuredBySize(merged)).toBe(
    "Measured in the lab (on 2026-11-23: 100 x 10, 10,000 x 10; on 2026-11-27: 1,000 x 10): " +
      "Linux 6.1.172 in User-Mode Linux, one processor, a real kube-apiserver",
  );
});

test("figures of another proxy or scenario at the same size stay", () => {
  const kept = [figure(100, BOOT), figure(100, BOOT, { subject: "kube-proxy" })];
  const merged = mergedFigures(kept, [
    figure(100, LATER),
    figure(100, LATER, { scenario: "churn" }),
  ]);
  expect(merged.map(({ boot }) => boot.day)).toEqual([LATER.day, BOOT.day, LATER.day]);
});

test("a failure takes the place of no figure, but of an older failure", () => {
  const failed = (boot: BootFacts, error: string) => figure(100, boot, { value: null, error });
  expect(mergedFigures([figure(100, BOOT)], [failed(LATER, "late")])).toEqual([figure(100, BOOT)]);
  const late = figure(100, LATER, { value: null, late: "no first sync" });
  expect(mergedFigures([figure(100, BOOT)], [late])).toEqual([figure(100, BOOT)]);
  const merged = mergedFigures([failed(BOOT, "old")], [failed(LATER, "late")]);
  expect(errorsOf(merged)).toEqual(["kube-ipvs, life, 100 x 10: late"]);
});

test("sizes without any figure are in no chart", () => {
  expect(measuredSizes(sizesOf(10, 100, 1_000), [figure(1_000, BOOT), figure(10, BOOT)])).toEqual(
    sizesOf(10, 1_000),
  );
});

test("arguments choose, and a word that means nothing is an error", () => {
  expect(chosen(sizesOf(10, 100, 1_000), ["1000", "10"], sizeWord)).toEqual(sizesOf(10, 1_000));
  expect(chosen(["a", "b"], [], (one) => one)).toEqual(["a", "b"]);
  expect(() => chosen(["a", "b"], ["c"], (one) => one)).toThrow("c: not among a, b");
});

test("a boot says what kernel and how many processors it had", () => {
  expect(kernelText({ ...BOOT, engine: "namespace", processors: 4 })).toBe(
    "Linux 6.1.172 of the machine itself, 4 processors",
  );
  expect(measuredText([{ what: "", boot: BOOT }])).toMatch(/^Measured in the lab on 2026-11-23: L/);
});

test("a lab that breaks or is too slow costs what it did not come to, and nothing before", async () => {
  const run = { subject: "kube-ipvs", scenario: "life" } as const;
  const clusters = sizesOf(10, 100).map((size) => ({ size, runs: [run, run] }));
  const end = await endOf(Promise.reject(new LabError("deadline", "It took too long.", "output")));
  expect(end).toBe("deadline: It took too long.");
  const missing = lost({ clusters }, 3, end);
  expect(missing).toMatchObject([{ ...run, size: { services: 100 }, value: null, error: end }]);
  expect(await endOf(Promise.resolve({ exitStatus: 3, output: "" }))).toBe(
    "the guest ended with 3",
  );
  expect(await endOf(Promise.resolve({ exitStatus: 0, output: "" }))).toBeUndefined();
  await expect(endOf(Promise.reject(new TypeError("a mistake")))).rejects.toThrow("a mistake");
});
