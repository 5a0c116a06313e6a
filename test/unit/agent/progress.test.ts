/** What a long write says of itself while it goes on. */
import { expect, test } from "vitest";
import { SERVICES_PER_PART_MAX } from "../../../src/plan/diff.ts";
import { LEVEL } from "../../fakes/captured-log.ts";
import { NodeUnderTest, shop } from "./node-under-test.ts";

test("a long write says how far it is, once a second", async () => {
  const node = new NodeUnderTest();
  const shops = Array.from({ length: 4 * SERVICES_PER_PART_MAX }, (_, index) =>
    shop(`s${index}`, 0, { clusterAddresses: [`10.97.${index >> 8}.${index & 255}`] }),
  );
  node.see(
    shops.map(({ service }) => service),
    shops.map(({ slice }) => slice),
  );
  node.kernel.before = () => node.clock.sleep(600);
  const pass = node.pass();
  let isOver = false;
  pass.finally(() => {
    isOver = true;
  });
  // Plans are made over several turns of the event loop before there is anything to wait for.
  while (!isOver) await node.clock.advance(600);
  await pass;
  const progress = node.lines.filter(({ msg }) => msg === "writing to the kernel");
  expect(progress.map(({ percent }) => percent)).toEqual([50, 100]);
  expect(node.said(LEVEL.warn)).toEqual([]);
});
