/** What a Service is told about one of its ports. Pure. */
import type { Address } from "../model/address.ts";
import type { Service, ServicePort } from "../model/cluster.ts";
import type { Finding } from "../model/finding.ts";
import type { SchedulerChoice } from "../model/scheduler.ts";
import { annotationField, DRAIN_ANNOTATION, quoted } from "./annotations.ts";
import type { RefusedEndpoint } from "./slice-candidates.ts";

/** A drain was asked for, and the scheduler allows none. */
export function noDrain(
  service: Service,
  port: ServicePort,
  { scheduler }: SchedulerChoice,
): Finding {
  const way =
    scheduler === "dh" ? "Choose another scheduler" : `Add the flag ${scheduler}-fallback`;
  return {
    severity: "warning",
    reason: "bad-drain-timeout",
    service: service.name,
    field: annotationField(DRAIN_ANNOTATION),
    message:
      `${scheduler} would refuse new clients while an endpoint drains: the endpoints of port ` +
      `${port.port}/${port.protocol} are cut at once. ${way} to have them drain.`,
  };
}

/** An endpoint that can be no destination. */
export function refusedEndpoint(
  service: Service,
  { slice, address, why }: RefusedEndpoint,
): Finding {
  return {
    severity: "warning",
    reason: "bad-address",
    service: service.name,
    field: "",
    message: `${address} of the EndpointSlice ${slice} is ${why}, and can be no endpoint. It is left out.`,
  };
}

/** Nobody serves this port. */
export function noEndpoints(service: Service, port: ServicePort, address: Address): Finding {
  return {
    severity: "info",
    reason: "no-endpoints",
    service: service.name,
    field: portField(service, port),
    message: `port ${portText(port)} of ${address} has no usable endpoint: connections are refused.`,
  };
}

/** Policy Local, and this node has nobody who serves this port to the cluster. */
export function noneForTheCluster(service: Service, port: ServicePort): Finding {
  return {
    severity: "info",
    reason: "no-local-endpoints",
    service: service.name,
    field: "spec.internalTrafficPolicy",
    message:
      `port ${portText(port)} has endpoints, but none on this node, and the policy is Local: ` +
      "packets to the cluster address are dropped here.",
  };
}

/** Policy Local, and this node has nobody who serves this port to the outside. */
export function noneForTheOutside(service: Service, port: ServicePort): Finding {
  return {
    severity: "info",
    reason: "no-local-endpoints",
    service: service.name,
    field: "spec.externalTrafficPolicy",
    message:
      `port ${portText(port)} has endpoints, but none on this node, and the policy is Local: ` +
      "packets from outside are dropped here. Clients in the cluster are served.",
  };
}

/** Two ports of a Service, or a port and a node port, that mean the same. */
export function repeatedPort(
  service: Service,
  port: ServicePort,
  { number, first }: { readonly number: number; readonly first: string },
): Finding {
  return {
    severity: "warning",
    reason: "bad-port",
    service: service.name,
    field: portField(service, port),
    message:
      `${number}/${port.protocol} is already the port ${quoted(first)} of this Service, ` +
      `which stays; ${quoted(port.name)} is left out.`,
  };
}

function portText({ port, protocol }: ServicePort): string {
  return `${port}/${protocol}`;
}

function portField(service: Service, port: ServicePort): string {
  return `spec.ports[${service.ports.indexOf(port)}]`;
}
