/** The node of the agent in every filled cluster. */
export const BENCH_NODE = "node-a";
