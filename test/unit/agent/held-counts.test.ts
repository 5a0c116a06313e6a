/** What a scrape shows of what the agent holds: counted in the passes, and read off the page. */
import { expect, test } from "vitest";
import { countsOf } from "../../../src/agent/held-counts.ts";
import type { Family } from "../../../src/model/address.ts";
import type { Service } from "../../../src/model/cluster.ts";
import { Metrics } from "../../../src/observe/metrics.ts";
import { endpoint, slice } from "../plan/samples.ts";
import { NodeUnderTest, shop } from "./node-under-test.ts";

const ELSEWHERE = { ipv4: "10.1.1.9", ipv6: "fd00:1::9" };
const NAME = "kubeproxy_sync_proxy_rules_no_local_endpoints_total";

/** A Service of these families whose one endpoint in each is on another node. */
function local(name: string, families: readonly Family[], parts: Partial<Service>) {
  const { service } = shop(name, 20, parts);
  const slices = families.map((family) =>
    slice([endpoint(ELSEWHERE[family], { nodeName: "node-b" })], {
      ...{ name: `${service.name}-${family}`, service: service.name, family },
    }),
  );
  return { service, slices };
}

test("a Service without local endpoints counts in the families that it has, and in no other", async () => {
  const node = new NodeUnderTest();
  const web = local("web", ["ipv4"], { internalTrafficPolicy: "Local" });
  const dual = local("dual", ["ipv4", "ipv6"], {
    clusterAddresses: ["10.96.0.21", "fd00:96::15"],
    externalTrafficPolicy: "Local",
    externalAddresses: ["192.0.2.1", "2001:db8::1"],
  });
  node.see([web.service, dual.service], [...web.slices, ...dual.slices]);
  await node.pass();
  const metrics = new Metrics({
    families: ["ipv4", "ipv6"],
    build: { version: "", node: "", kernel: "" },
  });
  const { passes } = node;
  const counts = countsOf({ passes, services: 2, sourceProblems: 0, isPictureComplete: true });
  const { body } = await metrics.page(counts);
  const lines = body.split("\n").filter((line) => line.startsWith(NAME));
  expect(lines.sort()).toEqual([
    `${NAME}{traffic_policy="external",ip_family="IPv4"} 1`,
    `${NAME}{traffic_policy="external",ip_family="IPv6"} 1`,
    `${NAME}{traffic_policy="internal",ip_family="IPv4"} 1`,
    `${NAME}{traffic_policy="internal",ip_family="IPv6"} 0`,
  ]);
});
