/** Services, ports and endpoints that come, change and go. */
import { expectNoAnswer, expectPods } from "../harness/expect-traffic.ts";
import { type KubeObject, service } from "../harness/objects.ts";
import { web } from "../harness/pods.ts";
import type { ServiceCase } from "../harness/service-case.ts";

const V4 = "10.96.0.20";
const V6 = "fd00:96::14";
const TO = `${V4}:80`;
const TO_V6 = `[${V6}]:80`;
const CLIENT = { namespace: "client" };
const HIDING_LABELS = [
  "service.kubernetes.io/service-proxy-name",
  "service.kubernetes.io/headless",
];

const hidden: readonly ServiceCase[] = HIDING_LABELS.map((label) => ({
  name: `a Service with the label ${label} is somebody else's, and ours again without it`,
  upstream: [`Services should implement ${label}`],
  run: async (harness) => {
    const objects = web({ name: "web", addresses: [V4], pods: ["p1"] });
    const labelled = web({ name: "web", addresses: [V4], pods: ["p1"], labels: { [label]: "x" } });
    await harness.apply(...labelled);
    await expectNoAnswer({ ...CLIENT, to: TO });
    await harness.apply(...objects);
    await expectPods({ ...CLIENT, to: TO }, ["p1"]);
    await harness.apply(...labelled);
    await expectNoAnswer({ ...CLIENT, to: TO });
  },
}));

/** What happens to a Service in its life. */
export const changeCases: readonly ServiceCase[] = [
  {
    name: "traffic follows the pods of a Service",
    upstream: [
      "Services should serve a basic endpoint from pods",
      "Networking Granular Checks: Services should update endpoints: http",
      "Dual stack Granular Checks: Services Secondary IP Family should update endpoints: http",
    ],
    run: async (harness) => {
      const steps = [["p1"], ["p1", "p2"], ["p2"], ["p2", "r1"], ["r1"], ["p1", "p2", "p3", "r1"]];
      for (const pods of steps) {
        await harness.apply(...web({ name: "web", addresses: [V4, V6], pods }));
        await expectPods({ ...CLIENT, to: TO }, pods);
        await expectPods({ to: TO }, pods);
        await expectPods({ ...CLIENT, to: TO_V6 }, pods);
      }
    },
  },
  {
    name: "UDP traffic from new ports follows the pods of a Service",
    upstream: [
      "Networking Granular Checks: Services should update endpoints: udp",
      "Dual stack Granular Checks: Services Secondary IP Family should update endpoints: udp",
    ],
    run: async (harness) => {
      const ports = [{ port: 80, protocol: "UDP" as const }];
      for (const pods of [["p1", "p2"], ["p2"], ["p2", "p3"]]) {
        await harness.apply(...web({ name: "web", addresses: [V4, V6], ports, pods }));
        await expectPods({ ...CLIENT, protocol: "udp", to: TO }, pods);
        await expectPods({ ...CLIENT, protocol: "udp", to: TO_V6 }, pods);
      }
    },
  },
  {
    name: "a port is added and another one removed, and the third does not notice",
    upstream: ["Services should be updated after adding or deleting ports"],
    run: async (harness) => {
      const withPorts = (...numbers: number[]): KubeObject[] =>
        web({
          name: "web",
          addresses: [V4],
          ports: numbers.map((port) => ({ name: `port-${port}`, port })),
          pods: ["p1", "p2"],
        });
      await harness.apply(...withPorts(80, 81));
      await expectPods({ ...CLIENT, to: `${V4}:81` }, ["p1", "p2"]);
      await harness.apply(...withPorts(80, 82));
      await expectPods({ ...CLIENT, to: `${V4}:80` }, ["p1", "p2"]);
      await expectPods({ ...CLIENT, to: `${V4}:82` }, ["p1", "p2"]);
      await expectNoAnswer({ ...CLIENT, to: `${V4}:81` });
    },
  },
  {
    name: "of three Services one goes and another comes, and the others do not notice",
    upstream: [
      "Services should be able to up and down services",
      "Services should delete a collection of services",
    ],
    run: async (harness) => {
      const numbered = (number: number): KubeObject[] =>
        web({ name: `web-${number}`, addresses: [`10.96.0.2${number}`], pods: [`p${number}`] });
      await harness.apply(...numbered(1), ...numbered(2));
      await expectPods({ ...CLIENT, to: "10.96.0.21:80" }, ["p1"]);
      await expectPods({ ...CLIENT, to: "10.96.0.22:80" }, ["p2"]);
      await harness.remove(...numbered(1));
      await expectNoAnswer({ ...CLIENT, to: "10.96.0.21:80" });
      await expectPods({ ...CLIENT, to: "10.96.0.22:80" }, ["p2"]);
      await harness.apply(...numbered(3));
      await expectPods({ ...CLIENT, to: "10.96.0.23:80" }, ["p3"]);
      await expectPods({ ...CLIENT, to: "10.96.0.22:80" }, ["p2"]);
    },
  },
  {
    name: "a Service that was deleted and made again works, at the same address and at another",
    upstream: ["Services should work after the service has been recreated"],
    run: async (harness) => {
      const objects = web({ name: "web", addresses: [V4], pods: ["p1"] });
      const [first] = objects;
      await harness.apply(...objects);
      await expectPods({ ...CLIENT, to: TO }, ["p1"]);
      if (first) await harness.remove(first);
      await expectNoAnswer({ ...CLIENT, to: TO });
      if (first) await harness.apply(first);
      await expectPods({ ...CLIENT, to: TO }, ["p1"]);
      await harness.apply(...web({ name: "web", addresses: ["10.96.0.29"], pods: ["p1"] }));
      await expectPods({ ...CLIENT, to: "10.96.0.29:80" }, ["p1"]);
      await expectNoAnswer({ ...CLIENT, to: TO });
    },
  },
  {
    name: "ExternalName and headless Services have no address, and get one when they become others",
    upstream: [
      "Services should be able to change the type from ExternalName to ClusterIP",
      "Services should be able to change the type from ClusterIP to ExternalName",
    ],
    run: async (harness) => {
      const [, ...slices] = web({ name: "web", addresses: [V4], pods: ["p1"] });
      const ready = service({ name: "web", addresses: [V4] });
      const external = service({
        name: "web",
        spec: { type: "ExternalName", externalName: "example.com" },
      });
      const headless = service({ name: "web", spec: { clusterIP: "None", clusterIPs: ["None"] } });
      for (const other of [external, headless]) {
        await harness.apply(other, ...slices);
        await expectNoAnswer({ ...CLIENT, to: TO });
        await harness.apply(ready);
        await expectPods({ ...CLIENT, to: TO }, ["p1"]);
      }
      await harness.apply(external);
      await expectNoAnswer({ ...CLIENT, to: TO });
    },
  },
  ...hidden,
];
