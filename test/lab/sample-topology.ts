/** The network that `deploy/samples` is written for: four pods, a client among them, two outside. */
import type { ClientOptions, PodOptions } from "./topology.ts";

/** Ports of the samples' EndpointSlices: web and DNS. */
const SAMPLE_PORTS = [8080, 8053];

/** Name of the node in the samples. */
export const SAMPLE_NODE = "demo-node";

/** The pods of the samples' EndpointSlices. */
export const SAMPLE_PODS: readonly PodOptions[] = [1, 2, 3, 4].map((number) => ({
  name: `p${number}`,
  addresses: [`10.1.0.${number}`, `fd00:1::${number}`],
  ports: SAMPLE_PORTS,
}));

/** A pod that only asks, with many addresses: to a Service it is that many clients. */
export const SAMPLE_CLIENT_POD: PodOptions = {
  name: "client",
  addresses: [101, 102, 103, 104, 105, 106, 107, 108].flatMap((number) => [
    `10.1.0.${number}`,
    `fd00:1::${number}`,
  ]),
};

/** A client outside the cluster, with many addresses too. */
export const SAMPLE_OUTSIDE: ClientOptions = {
  name: "outside",
  addresses: [201, 202, 203, 204].flatMap((number) => [
    `192.168.77.${number}`,
    `fd00:77::${number}`,
  ]),
};

/** The addresses of one family. */
export function ofFamily(family: "ipv4" | "ipv6", addresses: readonly string[]): string[] {
  return addresses.filter((address) => address.includes(":") === (family === "ipv6"));
}
