/** What the pool remembers: names that come back, and nothing that is long, large or there only once. */
import { expect, test } from "vitest";
import { Collection } from "../../../src/kube/api/collection.ts";
import { ENDPOINT_SLICES, SERVICES } from "../../../src/kube/api/resource.ts";
import { ANNOTATION_CHARACTERS_MAX } from "../../../src/kube/parse-metadata.ts";
import { StandingProblems } from "../../../src/kube/standing-problems.ts";
import { LISTS_MAX, POOLED_CHARACTERS_MAX, StringPool } from "../../../src/kube/string-pool.ts";
import type { EndpointSlice, Service } from "../../../src/model/cluster.ts";
import { planService } from "../../../src/plan/service.ts";
import { planInput } from "../plan/samples.ts";
import { serviceJson, sliceJson } from "./samples.ts";

const SCHEDULER = "kube-ipvs.io/scheduler";
const UPDATES = 100;
const standing = new StandingProblems({ onProblem: () => {}, onSolved: () => {} });

test("a long text is handed back and not remembered, and neither is a long list", () => {
  const pool = new StringPool();
  const long = "x".repeat(POOLED_CHARACTERS_MAX + 1);
  expect(pool.share(long)).toBe(long);
  expect(pool.shareList([long])).toEqual([long]);
  expect(pool.size).toBe(0);
  pool.share("x".repeat(POOLED_CHARACTERS_MAX));
  expect(pool.size).toBe(1);
});

test("equal lists of ports are one, and different ones never, whatever their names are", () => {
  const pool = new StringPool();
  const port = (name: string) => ({ name, protocol: "tcp", port: 80 }) as const;
  const [one, same] = [[port("http")], [port("http")]];
  expect(pool.sharePorts(one)).toBe(one);
  expect(pool.sharePorts(same)).toBe(one);
  const [odd, alike] = [
    [port("a\n80 tcp b"), port("c")],
    [port("a"), port("b\n80 tcp c")],
  ];
  expect(pool.sharePorts(odd)).toBe(odd);
  expect(pool.sharePorts(alike)).toBe(alike);
  const [texts, others] = [
    ["a\nb", "c"],
    ["a", "b\nc"],
  ];
  expect(pool.shareList(texts)).toBe(texts);
  expect(pool.shareList(others)).toBe(others);
});

test("slices with equal ports hold one list of them, and their names are not remembered", () => {
  const pool = new StringPool();
  const slices = new Collection(ENDPOINT_SLICES, { pool, standing });
  const labels = { "kubernetes.io/service-name": "web" };
  slices.put(sliceJson({}, { labels, name: "web-0" }));
  const known = pool.size;
  slices.put(sliceJson({}, { labels, name: "web-1" }));
  expect(pool.size).toBe(known);
  const [one, other] = [...slices.objects()].map(({ value }) => value as EndpointSlice);
  expect(one?.ports.length).toBe(1);
  expect(other?.ports).toBe(one?.ports);
});

test("ports that are others each time do not fill the memory", () => {
  const pool = new StringPool();
  const ports = (number: number) =>
    pool.sharePorts([{ name: "http", protocol: "tcp", port: number }]);
  const first = ports(1);
  for (let number = 2; number <= LISTS_MAX; number++) ports(number);
  expect([ports(1), pool.size]).toEqual([first, LISTS_MAX]);
  ports(LISTS_MAX + 1);
  expect(pool.size).toBe(1);
});

test("one Service that gets another huge annotation again and again leaves nothing behind", () => {
  const pool = new StringPool();
  const services = new Collection(SERVICES, { pool, standing });
  const update = (value: string): void => {
    services.put(serviceJson({}, { annotations: { [SCHEDULER]: value } }));
  };
  update("rr");
  const known = pool.size;
  for (let i = 0; i < UPDATES; i++) update(`${i}`.repeat(10_000));
  expect(pool.size).toBe(known);
  const [service] = services.objects();
  expect(JSON.stringify(service).length).toBeLessThan(2 * ANNOTATION_CHARACTERS_MAX);
});

test("the trigger time of a slice, which every version has anew, is not remembered", () => {
  const pool = new StringPool();
  const slices = new Collection(ENDPOINT_SLICES, { pool, standing });
  const update = (second: number): void => {
    const time = new Date(second * 1_000).toISOString();
    const annotations = { "endpoints.kubernetes.io/last-change-trigger-time": time };
    const labels = { "kubernetes.io/service-name": "web" };
    slices.put(sliceJson({}, { annotations, labels, creationTimestamp: time }));
  };
  update(0);
  const known = pool.size;
  for (let second = 1; second <= UPDATES; second++) update(second);
  expect(pool.size).toBe(known);
  expect([...slices.objects()][0]?.value).toMatchObject({ triggerMs: UPDATES * 1_000 });
});

test.each([
  { what: "a scheduler and blanks", annotation: SCHEDULER, begins: "lc", rest: " " },
  { what: "flags", annotation: `${SCHEDULER}-flags`, begins: "sh-port", rest: ",sh-port" },
  {
    what: "a time with many zeros",
    annotation: "kube-ipvs.io/drain-timeout",
    begins: "",
    rest: "0",
  },
])("a value that begins well and is too long is no good value, and is named: $what", (value) => {
  const { annotation, begins, rest } = value;
  const text = begins + rest.repeat(ANNOTATION_CHARACTERS_MAX);
  const services = new Collection(SERVICES, { pool: new StringPool(), standing });
  services.put(serviceJson({}, { annotations: { [annotation]: text } }));
  const [object] = services.objects();
  const { findings } = planService(planInput({ service: object?.value as Service }));
  const [finding] = findings.filter(({ field }) => field.includes(annotation));
  expect(finding?.severity).toBe("warning");
  expect(finding?.message.length).toBeLessThan(600);
});
