/** A kernel that answers, and one that refuses: whether IPVS can be used, and what is done when it cannot. */
import { expect } from "vitest";
import type { FakeCall } from "../../fakes/fake-kernel.ts";
import type { ConformanceCase } from "./conformance-case.ts";
import { Node } from "./node.ts";
import { endpoint, service, slice } from "./objects.ts";

/** Longer than a refused change waits for its next try. */
const RETRY_MS = 60_000;

const OBJECTS = [service(), slice([endpoint("10.180.0.1")])] as const;
const TABLE = ["tcp/10.20.30.41:80 -> 10.180.0.1:80"];

/** Messages of what was refused in a pass. */
async function refusals(node: Node): Promise<string[]> {
  const result = await node.passes.run();
  return result?.refused.map(({ message }) => message) ?? ["there was no pass"];
}

/** All of them. */
export const kernelRefusalCases: readonly ConformanceCase[] = [
  {
    name: "a kernel that answers is used: virtual services are read, made and deleted",
    upstream: ["TestCanUseIPVSProxier/happy days"],
    run: async () => {
      const node = new Node();
      await node.sync(...OBJECTS);
      expect(node.table()).toEqual(TABLE);
      expect(node.kernel.calls.get("services")).toBe(1);
      await node.delete(...OBJECTS);
      expect(node.table()).toEqual([]);
    },
  },
  {
    name: "a kernel whose virtual services cannot be read is not written to, and read again",
    upstream: ["TestCanUseIPVSProxier/GetVirtualServers fail"],
    run: async () => {
      const node = new Node();
      node.kernel.before = (call: FakeCall) => {
        if (call === "services") throw new Error("no dump today");
      };
      await expect(node.sync(...OBJECTS)).rejects.toThrow("no dump today");
      expect([node.table(), node.bound()]).toEqual([[], []]);
      node.kernel.before = () => {};
      await node.sync();
      expect(node.table()).toEqual(TABLE);
    },
  },
  {
    name: "a virtual service that the kernel refuses is told with its address unbound, and tried again",
    upstream: ["TestCanUseIPVSProxier/AddVirtualServer fail"],
    run: async () => {
      const node = new Node();
      node.kernel.refuse = ({ kind }) => (kind === "add-service" ? "ENOMEM" : undefined);
      node.accept(...OBJECTS);
      expect(await refusals(node)).toEqual([expect.stringContaining("ENOMEM")]);
      expect([node.table(), node.bound()]).toEqual([[], []]);
      node.kernel.refuse = () => undefined;
      await node.wait(RETRY_MS);
      expect([node.table(), node.bound()]).toEqual([TABLE, ["10.20.30.41"]]);
    },
  },
  {
    name: "a virtual service that the kernel does not delete is told, and tried again",
    upstream: ["TestCanUseIPVSProxier/DeleteVirtualServer fail"],
    run: async () => {
      const node = new Node();
      await node.sync(...OBJECTS);
      node.kernel.refuse = ({ kind }) => (kind === "delete-service" ? "EPERM" : undefined);
      node.withdraw(...OBJECTS);
      expect(await refusals(node)).toEqual([expect.stringContaining("EPERM")]);
      node.kernel.refuse = () => undefined;
      await node.wait(RETRY_MS);
      expect([node.table(), node.bound()]).toEqual([[], []]);
    },
  },
];
