/** What a load balancer asks a node for with policy Local: whether it has endpoints. Pure. */
import type { EndpointSlice, NodeView, Service } from "../model/cluster.ts";
import { whySpecial } from "./address-rules.ts";
import type { HealthCheck } from "./service-plan.ts";

/**
 * The health check of a Service, undefined where it asks for none. Only ready endpoints count, over all
 * ports: one that terminates still serves what it has, but load balancers shall look elsewhere.
 */
export function healthCheckOf(
  service: Service,
  slices: readonly EndpointSlice[],
  node: NodeView,
): HealthCheck | undefined {
  const { type, externalTrafficPolicy, healthCheckNodePort } = service;
  if (healthCheckNodePort === 0) return undefined;
  if (type !== "LoadBalancer" || externalTrafficPolicy !== "Local") return undefined;
  // A pod of a dual-stack Service has an address of each family, and is one endpoint all the same.
  const counts = (["ipv4", "ipv6"] as const).map((family) => {
    const own = slices.filter((slice) => slice.family === family);
    return readyHere(own, node);
  });
  return { port: healthCheckNodePort, localEndpoints: Math.max(...counts) };
}

function readyHere(slices: readonly EndpointSlice[], { name }: NodeView): number {
  const served = slices.filter(({ ports }) => ports.length > 0);
  const here = served.flatMap(({ endpoints }) =>
    endpoints.filter(({ ready, nodeName }) => ready && nodeName === name),
  );
  const addresses = new Set(here.map(({ address }) => address));
  return [...addresses].filter((address) => whySpecial(address) === undefined).length;
}
