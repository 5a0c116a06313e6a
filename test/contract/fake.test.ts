/** The contract on the fake kernel. */
import { describe, test } from "vitest";
import { FakeKernel } from "../fakes/fake-kernel.ts";
import type { OpenKernel } from "./contract-case.ts";
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

describe("the contract on the fake kernel", () => {
  for (const { name, run } of ipvsContract(openFake)) test(name, run);
});
