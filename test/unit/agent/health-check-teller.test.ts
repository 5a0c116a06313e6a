/** What load balancers are told of a Service, and when: fewer endpoints at once, more only with the kernel. */
import { describe, expect, test } from "vitest";
import { Passes } from "../../../src/agent/passes.ts";
import type { Service } from "../../../src/model/cluster.ts";
import { SURROUNDINGS } from "../../fakes/agent-surroundings.ts";
import { capturedLog } from "../../fakes/captured-log.ts";
import { endpoint, HTTP, NODE, slice } from "../plan/samples.ts";
import { AUDIT_PERIOD_MS, NodeUnderTest, PLAN_OPTIONS, shop } from "./node-under-test.ts";

const LOCAL = {
  type: "LoadBalancer",
  externalTrafficPolicy: "Local",
  loadBalancerAddresses: ["192.0.2.50"],
  healthCheckNodePort: 32_000,
} as const satisfies Partial<Service>;

const WEB = shop("web", 10, LOCAL);

function here(...addresses: readonly string[]) {
  return slice(
    addresses.map((address) => endpoint(address, { nodeName: NODE.name })),
    { family: "ipv4" },
  );
}

/** A node whose passes tell here what they tell, among the words of what they write. */
class Telling extends NodeUnderTest {
  readonly events: string[] = [];
  override readonly passes: Passes;

  constructor() {
    super();
    const { kernel, store, clock, events } = this;
    this.passes = new Passes({
      ...{ kernel, store, clock, log: capturedLog().log, planOptions: PLAN_OPTIONS },
      ...{ auditPeriodMs: AUDIT_PERIOD_MS, ...SURROUNDINGS },
      healthChecks: {
        set: (name, wish) => {
          events.push(`${name} ${wish ? `${wish.port}: ${wish.localEndpoints}` : "nothing"}`);
        },
      },
    });
    kernel.before = (call) => {
      if (/^write/.test(call) && events.at(-1) !== "write") events.push("write");
    };
  }

  /** What happened in a pass. */
  async told(): Promise<string[]> {
    this.events.length = 0;
    await this.pass();
    return [...this.events];
  }
}

async function settled(...addresses: readonly string[]): Promise<Telling> {
  const node = new Telling();
  node.see([WEB.service], [here(...addresses)]);
  await node.pass();
  return node;
}

describe("with the kernel", () => {
  test("a new port answers after the kernel was written", async () => {
    const node = new Telling();
    node.see([WEB.service], [here("10.1.0.1")]);
    expect(await node.told()).toEqual(["write", "shop/web 32000: 1"]);
  });

  test("one endpoint more is told after it, one less before", async () => {
    const node = await settled("10.1.0.1");
    node.putSlice(here("10.1.0.1", "10.1.0.2"));
    expect(await node.told()).toEqual(["write", "shop/web 32000: 2"]);
    node.putSlice(here("10.1.0.2"));
    expect((await node.told()).slice(0, 2)).toEqual(["shop/web 32000: 1", "write"]);
    node.putSlice(here());
    expect((await node.told()).slice(0, 2)).toEqual(["shop/web 32000: 0", "write"]);
  });

  test("a Service that goes lets go of its port first, and so does one that asks for none any more", async () => {
    for (const change of [
      (node: Telling) => node.remove("shop/web"),
      (node: Telling) => node.put({ ...WEB.service, externalTrafficPolicy: "Cluster" }),
    ]) {
      const node = await settled("10.1.0.1");
      change(node);
      expect((await node.told()).slice(0, 2)).toEqual(["shop/web nothing", "write"]);
    }
  });

  test("another port takes over after it, and meanwhile the first tells no more than there is", async () => {
    const node = await settled("10.1.0.1", "10.1.0.2");
    node.put({ ...WEB.service, healthCheckNodePort: 32_001, ports: [{ ...HTTP, port: 81 }] });
    node.putSlice(here("10.1.0.1"));
    expect(await node.told()).toEqual(["shop/web 32000: 1", "write", "shop/web 32001: 1"]);
  });
});

describe("when the kernel does not follow", () => {
  test("a pass that fails as a whole tells less and not more; the next one tells the rest", async () => {
    const node = await settled("10.1.0.1", "10.1.0.2");
    const other = shop("other", 11, { ...LOCAL, healthCheckNodePort: 32_001 });
    node.put(other.service);
    node.putSlice(here("10.1.0.1"));
    const { before } = node.kernel;
    node.kernel.before = (call) => {
      if (/^write/.test(call)) throw new Error("socket broke");
    };
    await expect(node.told()).rejects.toThrow("socket broke");
    expect(node.events).toEqual(["shop/web 32000: 1"]);
    node.kernel.before = before;
    const told = await node.told();
    expect(told[0]).toBe("write");
    expect(told.slice(1).sort()).toEqual(["shop/other 32001: 0", "shop/web 32000: 1"]);
  });

  test.each`
    what                             | kind
    ${"a virtual service"}           | ${"add-service"}
    ${"an address"}                  | ${"add-address"}
    ${"an element of its frontends"} | ${"add-filter"}
  `("$what that is refused keeps its Service silent until it goes through", async ({ kind }) => {
    const node = new Telling();
    const other = shop("other", 11, { ...LOCAL, healthCheckNodePort: 32_001 });
    node.see([WEB.service, { ...other.service, loadBalancerAddresses: [] }], [here("10.1.0.1")]);
    node.kernel.refuse = (operation) => {
      const isWeb = JSON.stringify(operation).includes("192.0.2.50");
      return isWeb && operation.kind === kind ? "ENOMEM" : undefined;
    };
    expect((await node.told()).filter((event) => event !== "write")).toEqual([
      "shop/other 32001: 0",
    ]);
    node.kernel.refuse = () => undefined;
    await node.clock.advance(200);
    expect(await node.told()).toEqual(["write", "shop/web 32000: 1"]);
  });
});
