/** Services: what of the API's object gets into ours, and what is refused with which words. */
import { describe, expect, test } from "vitest";
import { accepted, parse, problemTexts, serviceJson } from "./samples.ts";

describe("a Service", () => {
  test("keeps only what decides something", () => {
    const labels = { app: "web", "service.kubernetes.io/headless": "" };
    const annotations = {
      "kube-ipvs.io/scheduler": "sh",
      "other.io/x": "1",
      "kube-router.io/service.scheduler": "lc",
    };
    const metadata = { creationTimestamp: "2024-05-01T12:00:00Z", labels, annotations };
    expect(accepted(serviceJson({}, metadata))).toEqual({
      name: "shop/web",
      createdMs: Date.UTC(2024, 4, 1, 12),
      labels: { "service.kubernetes.io/headless": "" },
      annotations: { "kube-ipvs.io/scheduler": "sh", "kube-router.io/service.scheduler": "lc" },
      type: "ClusterIP",
      clusterAddresses: ["10.96.0.1"],
      ports: [{ name: "http", protocol: "tcp", port: 80, nodePort: 0 }],
      affinityTimeoutS: 0,
      externalAddresses: [],
      loadBalancerAddresses: [],
      loadBalancerSourceRanges: [],
      internalTrafficPolicy: "Cluster",
      externalTrafficPolicy: "Cluster",
      healthCheckNodePort: 0,
    });
  });

  test("may come as bare as a manifest that a person writes", () => {
    const bare = {
      apiVersion: "v1",
      kind: "Service",
      metadata: { name: "web" },
      spec: { clusterIP: "10.96.0.1", ports: [{ port: 53, protocol: "UDP" }] },
    };
    expect(accepted(bare)).toMatchObject({
      name: "default/web",
      createdMs: 0,
      clusterAddresses: ["10.96.0.1"],
      ports: [{ name: "", protocol: "udp", port: 53 }],
    });
    expect(parse(bare).problems).toEqual([]);
  });

  test.each`
    what                           | spec                                                                                            | addresses
    ${"both families, in order"}   | ${{ clusterIP: "fd00::1", clusterIPs: ["fd00::1", "10.96.0.1"], ipFamilies: ["IPv6", "IPv4"] }} | ${["fd00::1", "10.96.0.1"]}
    ${"one family of two"}         | ${{ clusterIPs: ["10.96.0.1", "fd00::1"], ipFamilies: ["IPv4"] }}                               | ${["10.96.0.1"]}
    ${"no families"}               | ${{ clusterIPs: ["10.96.0.1", "fd00::1"], ipFamilies: undefined }}                              | ${["10.96.0.1", "fd00::1"]}
    ${"no list"}                   | ${{ clusterIPs: undefined, ipFamilies: undefined, clusterIP: "fd00:0::1" }}                     | ${["fd00::1"]}
    ${"leading zeros"}             | ${{ clusterIP: "010.096.000.001", clusterIPs: ["010.096.000.001"] }}                            | ${["10.96.0.1"]}
    ${"headless"}                  | ${{ clusterIP: "None", clusterIPs: ["None"], ports: undefined }}                                | ${[]}
    ${"headless, list alone"}      | ${{ clusterIP: undefined, clusterIPs: ["None"] }}                                               | ${[]}
    ${"ExternalName with a value"} | ${{ type: "ExternalName", externalName: "a.b" }}                                                | ${[]}
  `("has the cluster addresses $addresses with $what", ({ spec, addresses }) => {
    expect(accepted(serviceJson(spec))).toMatchObject({ clusterAddresses: addresses });
  });

  test("without a cluster address is accepted with a remark, because only the API server gives one", () => {
    const value = serviceJson({ clusterIP: "", clusterIPs: undefined });
    expect(accepted(value)).toMatchObject({ clusterAddresses: [] });
    expect(problemTexts(value)).toEqual([
      'spec.clusterIP: found nothing: the Service gets no address (write "None" if it shall have none)',
    ]);
  });

  test("reads affinity, policies and what is outside the cluster", () => {
    const spec = {
      type: "LoadBalancer",
      sessionAffinity: "ClientIP",
      sessionAffinityConfig: { clientIP: { timeoutSeconds: 60 } },
      externalIPs: ["192.0.2.1", "2001:db8:0::1"],
      loadBalancerSourceRanges: [" 10.0.0.0/8 ", "::/0"],
      internalTrafficPolicy: "Local",
      externalTrafficPolicy: "Local",
      healthCheckNodePort: 30100,
      ports: [{ port: 80, nodePort: 30080 }],
    };
    const ingress = [
      { ip: "192.0.2.9" },
      { ip: "192.0.2.8", ipMode: "VIP" },
      { ip: "192.0.2.7", ipMode: "Proxy" },
      { hostname: "lb" },
    ];
    expect(accepted(serviceJson(spec, {}, { loadBalancer: { ingress } }))).toMatchObject({
      affinityTimeoutS: 60,
      externalAddresses: ["192.0.2.1", "2001:db8::1"],
      loadBalancerSourceRanges: ["10.0.0.0/8", "::/0"],
      loadBalancerAddresses: ["192.0.2.9", "192.0.2.8"],
      internalTrafficPolicy: "Local",
      externalTrafficPolicy: "Local",
      healthCheckNodePort: 30100,
      ports: [{ name: "", protocol: "tcp", port: 80, nodePort: 30080 }],
    });
  });

  test.each`
    affinity                                                                                   | seconds
    ${{ sessionAffinity: "ClientIP" }}                                                         | ${10_800}
    ${{ sessionAffinity: "None", sessionAffinityConfig: { clientIP: { timeoutSeconds: 5 } } }} | ${0}
    ${{}}                                                                                      | ${0}
  `("keeps clients for $seconds s with $affinity", ({ affinity, seconds }) => {
    expect(accepted(serviceJson(affinity))).toMatchObject({ affinityTimeoutS: seconds });
  });

  test("treats null as absent, as the API does", () => {
    const spec = { externalIPs: null, sessionAffinityConfig: null, internalTrafficPolicy: null };
    expect(
      parse(serviceJson(spec, { labels: null, annotations: null, creationTimestamp: null }, {})),
    ).toMatchObject({ verdict: "accepted", problems: [] });
  });
});

describe("a Service is refused", () => {
  test.each`
    problem                                                                                                          | spec                                                                 | metadata
    ${'spec.ports[0].port: expected a whole number from 1 to 65535, found "http"'}                                   | ${{ ports: [{ port: "http" }] }}                                     | ${{}}
    ${"spec.ports[1].port: expected a whole number from 1 to 65535, found the number 70000"} | ${{ ports: [{ port: 80, name: "a" }, { port: 70000, name: "b" }] }} | ${{}}
    ${"spec.ports[0].port: expected a whole number from 1 to 65535, found the number 0"}                             | ${{ ports: [{ port: 0 }] }}                                          | ${{}}
    ${"spec.ports[0].port: expected a whole number from 1 to 65535, found the number 80.5"}                          | ${{ ports: [{ port: 80.5 }] }}                                       | ${{}}
    ${"spec.ports[0].port: expected a whole number from 1 to 65535, found nothing"}                                  | ${{ ports: [{}] }}                                                   | ${{}}
    ${'spec.ports[0].protocol: expected TCP, UDP, SCTP, found "ICMP"'}                                               | ${{ ports: [{ port: 1, protocol: "ICMP" }] }}                        | ${{}}
    ${"spec.ports[0].nodePort: expected a whole number from 0 to 65535, found the number -1"}                        | ${{ ports: [{ port: 1, nodePort: -1 }] }}                            | ${{}}
    ${'spec.ports[1].name: expected a name that no other port of the Service has, found ""'}                         | ${{ ports: [{ port: 1 }, { port: 2 }] }}                             | ${{}}
    ${"spec.ports[1].port: expected a port that the Service does not have yet, found the number 1"} | ${{ ports: [{ port: 1, name: "a" }, { port: 1, name: "b" }] }} | ${{}}
    ${"spec.ports[0]: expected an object, found the number 80"}                                                      | ${{ ports: [80] }}                                                   | ${{}}
    ${"spec.ports: expected a list, found an object"}                                                                | ${{ ports: { port: 80 } }}                                           | ${{}}
    ${"spec.ports: expected at least one port, found nothing"}                                                       | ${{ ports: undefined }}                                              | ${{}}
    ${'spec.clusterIPs[0]: expected an IP address or "None", found "10.96.0.300"'}                                   | ${{ clusterIPs: ["10.96.0.300"] }}                                   | ${{}}
    ${'spec.clusterIP: expected an IP address or "None", found "web.local"'}                                         | ${{ clusterIPs: undefined, clusterIP: "web.local" }}                 | ${{}}
    ${'spec.clusterIP: expected the first of clusterIPs, found "10.96.0.9"'}                                         | ${{ clusterIP: "10.96.0.9" }}                                        | ${{}}
    ${'spec.clusterIPs[0]: expected the family of ipFamilies[0], found "10.96.0.1"'}                                 | ${{ ipFamilies: ["IPv6"] }}                                          | ${{}}
    ${"spec.clusterIPs: expected at most one address of each family, found more"}                                    | ${{ clusterIPs: ["10.96.0.1", "10.96.0.2"], ipFamilies: undefined }} | ${{}}
    ${'spec.type: expected ClusterIP, NodePort, LoadBalancer, ExternalName, found "Cluster"'}                        | ${{ type: "Cluster" }}                                               | ${{}}
    ${"spec.sessionAffinity: expected None, ClientIP, found true"}                                                   | ${{ sessionAffinity: true }}                                         | ${{}}
    ${'spec.externalIPs[0]: expected an IP address, found "x"'}                                                      | ${{ externalIPs: ["x"] }}                                            | ${{}}
    ${'spec.loadBalancerSourceRanges[0]: expected a CIDR, found "10.0.0.0/33"'}                                      | ${{ loadBalancerSourceRanges: ["10.0.0.0/33"] }}                     | ${{}}
    ${'metadata.name: expected a name of lower-case letters, digits, "-" and ".", found "a/b"'}                      | ${{}}                                                                | ${{ name: "a/b" }}
    ${'metadata.name: expected a name of lower-case letters, digits, "-" and ".", found nothing'}                    | ${{}}                                                                | ${{ name: undefined }}
    ${"metadata.name: expected a text, found the number 7 (write it in quotes)"}                                     | ${{}}                                                                | ${{ name: 7 }}
    ${'metadata.namespace: expected a name of lower-case letters, digits and "-", found "A"'}                        | ${{}}                                                                | ${{ namespace: "A" }}
    ${'metadata.creationTimestamp: expected a time such as "2024-05-01T12:00:00Z", found "1"'}                       | ${{}}                                                                | ${{ creationTimestamp: "1" }}
    ${"metadata.annotations[kube-ipvs.io/drain-timeout]: expected a text, found the number 30 (write it in quotes)"} | ${{}}                                                                | ${{ annotations: { "kube-ipvs.io/drain-timeout": 30 } }}
  `("$problem", ({ problem, spec, metadata }) => {
    const value = serviceJson(spec, metadata);
    expect(parse(value).verdict).toBe("refused");
    expect(problemTexts(value)).toContain(problem);
  });

  test("with every mistake at once, and with its name", () => {
    const value = serviceJson({ type: 1, ports: [{ port: -1, protocol: "x" }] });
    expect(problemTexts(value)).toHaveLength(3);
    expect(parse(value)).toMatchObject({ kind: "service", name: "shop/web" });
  });

  test("with twenty problems at most", () => {
    const ports = Array.from({ length: 100 }, () => ({ port: 0 }));
    expect(problemTexts(serviceJson({ ports }))).toHaveLength(20);
  });

  test("without a spec, and without metadata", () => {
    expect(problemTexts({ apiVersion: "v1", kind: "Service", metadata: { name: "a" } })).toEqual([
      "spec: expected an object, found nothing",
    ]);
    expect(problemTexts({ apiVersion: "v1", kind: "Service", spec: {} })).toEqual([
      "metadata: expected an object, found nothing",
    ]);
  });
});
