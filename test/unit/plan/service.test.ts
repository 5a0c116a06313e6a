/** What one Service asks of the kernel. */
import { describe, expect, test } from "vitest";
import { planService } from "../../../src/plan/service.ts";
import { unknownAnnotations } from "../../../src/plan/unknown-annotations.ts";
import { endpoint, HTTP, planInput, service, slice } from "./samples.ts";

const DRAIN = "kube-ipvs.io/drain-timeout";
const SCHEDULER = "kube-ipvs.io/scheduler";
const PROXY_LABEL = { "service.kubernetes.io/service-proxy-name": "" };
const HEADLESS_LABEL = { "service.kubernetes.io/headless": "" };

test("one address and port is one virtual service with everything that names it", () => {
  const { virtualServices, addresses, findings, name } = planService(planInput());
  expect({ name, addresses, findings }).toEqual({
    name: "shop/web",
    addresses: ["10.96.0.10"],
    findings: [],
  });
  expect(virtualServices).toMatchObject([
    {
      id: "tcp/10.96.0.10:80",
      service: {
        key: { protocol: "tcp", address: "10.96.0.10", port: 80 },
        settings: { scheduler: "rr", schedulerFlags: [], onePacket: false },
      },
      owner: "shop/web",
      portName: "http",
      drainTimeoutMs: 30_000,
    },
  ]);
  expect([...(virtualServices[0]?.destinations.keys() ?? [])]).toEqual(["10.1.0.1:8080"]);
});

test.each`
  what                   | parts
  ${"ExternalName"}      | ${{ type: "ExternalName" }}
  ${"another proxy's"}   | ${{ labels: PROXY_LABEL }}
  ${"headless by label"} | ${{ labels: HEADLESS_LABEL }}
  ${"without address"}   | ${{ clusterAddresses: [] }}
`("a Service that is $what wants nothing, and nothing is wrong with it", ({ parts }) => {
  const plan = planService(planInput({ service: service(parts) }));
  expect(plan).toMatchObject({ virtualServices: [], addresses: [], findings: [] });
});

test("a slice that another proxy is named in does not count", () => {
  const slices = [slice([endpoint("10.1.0.1")], { labels: PROXY_LABEL })];
  const { virtualServices, findings } = planService(planInput({ slices }));
  expect(virtualServices[0]?.destinations.size).toBe(0);
  expect(findings.map(({ reason }) => reason)).toEqual(["no-endpoints"]);
});

test("a Service without ports has nothing to bind its address for", () => {
  expect(planService(planInput({ service: service({ ports: [] }) })).addresses).toEqual([]);
});

test("every address has every port, each with the endpoints of its family", () => {
  const metrics = { name: "metrics", protocol: "tcp", port: 9100, nodePort: 0 } as const;
  const input = planInput({
    service: service({
      clusterAddresses: ["10.96.0.10", "fd00:96::a"],
      ports: [HTTP, metrics],
    }),
    slices: [slice([endpoint("10.1.0.1")]), slice([endpoint("fd00:1::1")], { name: "shop/web-2" })],
  });
  const { virtualServices, findings } = planService(input);
  expect(virtualServices.map(({ id, destinations }) => [id, ...destinations.keys()])).toEqual([
    ["tcp/10.96.0.10:80", "10.1.0.1:8080"],
    ["tcp/10.96.0.10:9100"],
    ["tcp/[fd00:96::a]:80", "[fd00:1::1]:8080"],
    ["tcp/[fd00:96::a]:9100"],
  ]);
  expect(findings.map(({ field, message }) => `${field}: ${message}`)).toEqual([
    "spec.ports[1]: port 9100/tcp of 10.96.0.10 has no usable endpoint: connections are refused.",
    "spec.ports[1]: port 9100/tcp of fd00:96::a has no usable endpoint: connections are refused.",
  ]);
});

test("a special address of the Service is left out, the other one stays", () => {
  const addresses = ["127.0.0.1", "fd00:96::a"];
  const plan = planService(planInput({ service: service({ clusterAddresses: addresses }) }));
  expect(plan.addresses).toEqual(["fd00:96::a"]);
  expect(plan.findings[0]).toMatchObject({ severity: "warning", reason: "bad-address" });
});

test("special endpoints are named, but not all of a thousand", () => {
  const endpoints = Array.from({ length: 200 }, (_, index) => endpoint(`127.0.0.${index}`));
  const { findings } = planService(planInput({ slices: [slice(endpoints)] }));
  expect(findings.filter(({ reason }) => reason === "bad-address")).toHaveLength(10);
});

test("two ports with one number and protocol: the first stays, the second is told", () => {
  const again = { ...HTTP, name: "again" };
  const plan = planService(planInput({ service: service({ ports: [HTTP, again] }) }));
  expect(plan.virtualServices.map(({ portName }) => portName)).toEqual(["http"]);
  expect(plan.findings.map(({ message }) => message)).toEqual([
    '80/tcp is already the port "http" of this Service, which stays; "again" is left out.',
  ]);
});

describe("the drain timeout", () => {
  test.each`
    value     | scheduler | ms
    ${"5m"}   | ${"rr"}   | ${300_000}
    ${" 1S "} | ${"rr"}   | ${1_000}
    ${"0"}    | ${"rr"}   | ${0}
    ${"5m"}   | ${"sh"}   | ${300_000}
    ${"0"}    | ${"dh"}   | ${0}
  `("'$value' with $scheduler is $ms ms", ({ value, scheduler, ms }) => {
    const annotations = { [DRAIN]: value, [SCHEDULER]: scheduler };
    const plan = planService(planInput({ service: service({ annotations }) }));
    expect(plan.virtualServices[0]?.drainTimeoutMs).toBe(ms);
    expect(plan.findings).toEqual([]);
  });

  test.each(["", "soon", "-5s", "30"])("'%s' is told, and the default is in force", (value) => {
    const annotations = { [DRAIN]: value };
    const plan = planService(planInput({ service: service({ annotations }) }));
    expect(plan.virtualServices[0]?.drainTimeoutMs).toBe(30_000);
    expect(plan.findings).toMatchObject([
      { severity: "warning", reason: "bad-drain-timeout", field: `metadata.annotations[${DRAIN}]` },
    ]);
  });

  test("is 0 with dh, which would refuse every new client meanwhile; told where one was asked for", () => {
    const silent = planService(
      planInput({ service: service({ annotations: { [SCHEDULER]: "dh" } }) }),
    );
    expect(silent.virtualServices[0]?.drainTimeoutMs).toBe(0);
    expect(silent.findings).toEqual([]);

    const annotations = { [SCHEDULER]: "dh", [DRAIN]: "1m" };
    const told = planService(planInput({ service: service({ annotations }) }));
    expect(told.virtualServices[0]?.drainTimeoutMs).toBe(0);
    expect(told.findings.map(({ message }) => message)).toEqual([
      "dh would refuse new clients while an endpoint drains: the endpoints of port 80/tcp are cut " +
        "at once. Choose another scheduler to have them drain.",
    ]);
  });
});

describe("annotations of ours that nothing reads", () => {
  test.each`
    name                                   | problem
    ${"kube-ipvs.io/shceduler"}            | ${'This version knows no annotation "kube-ipvs.io/shceduler" (did you mean kube-ipvs.io/scheduler?).'}
    ${"kube-ipvs.io/weight"}               | ${'This version knows no annotation "kube-ipvs.io/weight".'}
    ${"kube-ipvs.io/scheduler.htpt"}       | ${'The Service has no port "htpt" (did you mean http?).'}
    ${"kube-ipvs.io/scheduler-flags.grpc"} | ${'The Service has no port "grpc".'}
  `("$name is told", ({ name, problem }) => {
    const found = unknownAnnotations(service({ annotations: { [name]: "x" } }));
    expect(found).toMatchObject([
      { reason: "unknown-annotation", message: `${problem} The annotation has no effect.` },
    ]);
  });

  test("known ones and those of others are not told", () => {
    const names = [SCHEDULER, `${SCHEDULER}.http`, `${SCHEDULER}-flags`, DRAIN, "other.io/x"];
    const annotations = Object.fromEntries(names.map((name) => [name, "x"]));
    expect(unknownAnnotations(service({ annotations }))).toEqual([]);
  });

  test("are told up to a limit", () => {
    const names = Array.from({ length: 50 }, (_, index) => `kube-ipvs.io/x${index}`);
    const annotations = Object.fromEntries(names.map((name) => [name, "x"]));
    expect(unknownAnnotations(service({ annotations }))).toHaveLength(10);
  });
});
