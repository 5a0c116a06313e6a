/** A rolling replacement of all pods, step by step as a Deployment or DaemonSet does it. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Harness } from "./harness.ts";
import type { EndpointWords, KubeObject } from "./objects.ts";
import { endpointOf } from "./pods.ts";

/** From the first sign that a pod ends to the end of its server. */
const GRACE_MS = 300;
const STEPS = [
  { fresh: "p3", old: "p1" },
  { fresh: "p4", old: "p2" },
  { fresh: "p1", old: "p3" },
  { fresh: "p2", old: "p4" },
];

/**
 * Begins with `p1` and `p2`, lets `p3` and `p4` take their places, and then the other way round: the new
 * pod is ready, the old one ends while it still serves, and its server is gone when its endpoint goes.
 */
export async function replacePods(
  harness: Harness,
  objectsWith: (pods: readonly (string | EndpointWords)[]) => readonly KubeObject[],
): Promise<void> {
  const ending = { ready: false, serving: true, terminating: true };
  let pods = ["p1", "p2"];
  for (const { fresh, old } of STEPS) {
    await harness.network.startServer(fresh);
    await harness.apply(...objectsWith([...pods, fresh]));
    const others = [...pods, fresh].filter((pod) => pod !== old);
    await harness.apply(...objectsWith([...others, endpointOf(old, ending)]));
    await sleep(GRACE_MS);
    await harness.network.stopServer(old);
    pods = others;
    await harness.apply(...objectsWith(pods));
  }
}
