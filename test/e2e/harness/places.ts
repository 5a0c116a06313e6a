/** Where clients of the suite are, and how an address and a port are written as one. */

/** Outside of the cluster, in the node's first network. */
export const OUTSIDE = { namespace: "outside" } as const;
/** Outside, in the node's second network. */
export const OUTSIDE2 = { namespace: "outside2" } as const;
/** A pod of the node under test. */
export const POD = { namespace: "client" } as const;
/** A pod of the other node. */
export const FAR = { namespace: "far" } as const;
/** The node under test itself. */
export const ITSELF = {} as const;

/** `10.96.0.10:80` or `[fd00:96::a]:80`. */
export function at(address: string, port = 80): string {
  return address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;
}
