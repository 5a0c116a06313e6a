/** The link between the API server of a benchmark and the node. */

/** The server's end: its certificate names it. */
export const SERVER_ADDRESS = "192.0.2.10";

/** The node's own address. */
export const NODE_ADDRESS = "192.0.2.11";
