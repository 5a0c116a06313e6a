/** Objects that the API server takes and nobody should have written: each hurts its own Service only. */
import assert from "node:assert/strict";
import { expectPods } from "../harness/expect-traffic.ts";
import { service, slice } from "../harness/objects.ts";
import { at } from "../harness/places.ts";
import { NODE, web } from "../harness/pods.ts";
import type { ApiCase } from "./api-case.ts";

const GOOD = web({ name: "good", addresses: ["10.96.0.100"], pods: ["p1"] });
const CLIENT = { namespace: "client", to: at("10.96.0.100") };
/** All annotations of an object together may have 256 KiB. */
const ANNOTATION_CHARACTERS = 200_000;
/** As many as an EndpointSlice may have. */
const ENDPOINTS = 1_000;
const PORTS = 100;
/** As many as fit into the 1.5 MB that etcd takes of an object. */
const PORTS_MANY = 10_000;
/** Findings of one Service that are said in full, and the one that counts the others. */
const LINES_MAX = 21;

/** Hostile objects. */
export const hostileObjectCases: readonly ApiCase[] = [
  {
    name: "an annotation of 200 kB is one bad annotation: others are served, and the log stays short",
    upstream: [],
    run: async (harness) => {
      const mark = harness.agent.mark();
      const annotations = {
        "kube-ipvs.io/scheduler": "r".repeat(ANNOTATION_CHARACTERS),
        "kube-ipvs.io/drain-timeout": "9".repeat(1_000),
      };
      const words = { name: "huge", addresses: ["10.96.0.101"], pods: ["p2"] };
      await harness.apply(...web({ ...words, annotations }), ...GOOD);
      await expectPods(CLIENT, ["p1"]);
      await expectPods({ namespace: "client", to: at("10.96.0.101") }, ["p2"]);
      const characters = JSON.stringify(harness.agent.since(mark)).length;
      assert.ok(characters < ANNOTATION_CHARACTERS / 10, `${characters} characters of log`);
    },
  },
  {
    name: "slices with endpoints nobody can reach, loops and strange names are served as far as they are good",
    upstream: [],
    run: async (harness) => {
      const ports = Array.from({ length: PORTS }, (_, index) => ({
        name: `p-${index}`,
        port: 1_000 + index,
      }));
      const endpoints = Array.from({ length: ENDPOINTS }, (_, index) => ({
        address: `10.1.${2 + (index >> 8)}.${index & 255}`,
        node: index % 2 === 0 ? NODE : "a-node-of-nowhere",
        zones: ["no-zone"],
      }));
      const words = { name: "strange", addresses: ["10.96.0.102"], pods: [], ports };
      await harness.apply(
        ...web(words),
        slice({ service: "strange", suffix: "many", ports, endpoints }),
        slice({ service: "nobody-s-service", endpoints: [{ address: "10.1.0.9", node: NODE }] }),
        ...GOOD,
      );
      await expectPods(CLIENT, ["p1"]);
      const last = harness.virtualService(`tcp/10.96.0.102:${999 + PORTS}`);
      assert.equal(last?.destinations.size, ENDPOINTS);
    },
  },
  {
    name: "two Services with the same 10,000 ports of one address are a few lines, and others are served",
    upstream: [],
    run: async (harness) => {
      const mark = harness.agent.mark();
      const ports = Array.from({ length: PORTS_MANY }, (_, index) => ({
        name: `p-${index}`,
        port: 1 + index,
      }));
      const words = { ports, spec: { externalIPs: ["198.51.100.103"] } };
      const services = ["103", "104"].map((host) =>
        service({ name: `wide-${host}`, addresses: [`10.96.0.${host}`], ...words }),
      );
      await harness.apply(...services);
      await harness.apply(...GOOD);
      await expectPods(CLIENT, ["p1"]);
      const about = harness.agent
        .since(mark)
        .filter((line) => line.service === "e2e/wide-104" && line["level"] === "warn");
      assert.ok(about.length > 1 && about.length <= LINES_MAX, `${about.length} lines`);
      assert.ok(harness.virtualService(`tcp/198.51.100.103:${PORTS_MANY}`));
    },
  },
];
