/** The contract on the fake kernel. */
import { describe, test } from "vitest";
import { filterObjectId } from "../../src/model/packet-filter.ts";
import { FakeKernel } from "../fakes/fake-kernel.ts";
import type { OpenKernel } from "./contract-case.ts";
import type { OpenFilter } from "./filter-case.ts";
import { filterContract } from "./filter-contract.ts";
import { ipvsContract } from "./ipvs-contract.ts";

async function openFake(): Promise<OpenKernel> {
  const kernel = new FakeKernel();
  return {
    ipvs: kernel.ipvs,
    link: kernel.link,
    addForeignLink: async () => {
      kernel.addLink("veth");
      return "veth";
    },
    deleteLink: async () => kernel.deleteLink(),
    dispose: async () => {},
  };
}

async function openFakeFilter(): Promise<OpenFilter> {
  const { filter } = new FakeKernel();
  return {
    filter,
    flushRuleset: async () => filter.flushRuleset(),
    takeOut: async (element) => filter.takeOut(filterObjectId(element)),
    dispose: async () => {},
  };
}

describe("the contract on the fake kernel", () => {
  const cases = [...ipvsContract(openFake), ...filterContract(openFakeFilter)];
  for (const { name, run } of cases) test(name, run);
});
