/** `plan`: what a first pass would do, and nothing is done. */
import { expect, test } from "vitest";
import { dryRun } from "../../../src/agent/dry-run.ts";
import { PLAIN } from "../../../src/kube/change.ts";
import { operationText } from "../../../src/model/operation.ts";
import { flatten } from "../../../src/plan/diff.ts";
import { SURROUNDINGS } from "../../fakes/agent-surroundings.ts";
import { FakeKernel } from "../../fakes/fake-kernel.ts";
import { picture } from "../../fakes/fake-source.ts";
import { ManualClock } from "../../fakes/manual-clock.ts";
import { NODE } from "../plan/samples.ts";
import { endpoints, NodeUnderTest, PLAN_OPTIONS, shop } from "./node-under-test.ts";

const WEB = shop("web", 10);

async function plan(kernel: FakeKernel, told: ReturnType<typeof picture>) {
  kernel.seen.length = 0;
  const result = await dryRun({
    nodeName: NODE.name,
    picture: told,
    kernel,
    clock: new ManualClock(),
    planOptions: PLAN_OPTIONS,
    ...SURROUNDINGS,
  });
  return { ...result, operations: flatten(result.changes).map(operationText) };
}

test("it says what a first pass would write, and the kernel is not touched, nor its link made", async () => {
  const kernel = new FakeKernel();
  const { operations, services } = await plan(kernel, picture([WEB.service], [WEB.slice]));
  expect(services).toBe(1);
  expect(kernel.messages).toBe(0);
  expect(kernel.serviceLink).toBeUndefined();
  const node = new NodeUnderTest(kernel);
  node.see([WEB.service], [WEB.slice]);
  await node.pass();
  expect(operations).toEqual(node.wrote());
});

test("it finds nothing to do where the kernel is right", async () => {
  const node = new NodeUnderTest();
  node.see([WEB.service], [endpoints("10.1.0.1")]);
  await node.pass();
  const { operations, found } = await plan(
    node.kernel,
    picture([WEB.service], [endpoints("10.1.0.1")]),
  );
  expect(operations).toEqual([]);
  expect(found).toMatchObject({ services: 1, destinations: 1, addresses: 1, foreign: 0 });
});

test("with a partial picture it removes nothing and says that it is partial", async () => {
  const node = new NodeUnderTest();
  node.see([WEB.service], [WEB.slice]);
  await node.pass();
  const told = picture([], [], { complete: false });
  expect(await plan(node.kernel, told)).toMatchObject({ operations: [], partial: true });
  const { operations } = await plan(node.kernel, picture([], []));
  expect(operations).toEqual([
    "delete-filter ip service-addresses { 10.96.0.10 }",
    "delete-address 10.96.0.10",
    "delete-service tcp/10.96.0.10:80",
  ]);
});

test("it keeps what the kernel has where a scheduler is misspelled, as a first pass does", async () => {
  const node = new NodeUnderTest();
  node.see([{ ...WEB.service, annotations: { "kube-ipvs.io/scheduler": "lc" } }], [WEB.slice]);
  await node.pass();
  const bad = { ...WEB.service, annotations: { "kube-ipvs.io/scheduler": "lcc" } };
  const { operations, findings } = await plan(node.kernel, picture([bad], [WEB.slice]));
  expect(operations).toEqual([]);
  expect(findings.map(({ reason }) => reason)).toEqual(["bad-scheduler"]);
});

test("it leaves what may be of a Service that cannot be read, as a first pass does", async () => {
  const node = new NodeUnderTest();
  const other = shop("other", 11);
  node.see([WEB.service, other.service], [WEB.slice, other.slice]);
  await node.pass();
  const circumstances = { ...PLAIN, hidesServices: true };
  const told = picture([WEB.service], [WEB.slice], { circumstances });
  expect(await plan(node.kernel, told)).toMatchObject({ operations: [], partial: false });
});
