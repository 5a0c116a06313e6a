/**
 * Half of all Services go, and as many others come, while the rest goes on changing. The kernel keeps
 * deleted destinations for minutes in a list that each new one has to search.
 */
import type { KubernetesObject } from "@kubernetes/client-node";
import { resourcePath } from "../../../lab/api-paths.ts";
import { serviceObject, sliceObject } from "../../cluster-objects.ts";
import { type Spread, spread } from "../../spread.ts";
import { Changes } from "../changes.ts";
import type { NodeTask } from "../node-task.ts";
import { mustSync, type Subject } from "../subject.ts";

const CHANGE_MS_MAX = 120_000;
const REQUESTS_AT_A_TIME = 8;

/** What was measured. */
export interface TrashResult {
  readonly services: number;
  /** From the server's answer to the kernel, for other Services meanwhile. */
  readonly whileDeleting: Spread & { readonly tookMs: number };
  readonly whileAdding: Spread & { readonly tookMs: number };
}

/** Runs it. */
export async function trash(subject: Subject, task: NodeTask): Promise<TrashResult> {
  const half = Math.floor(task.size.services / 2);
  subject.start();
  await mustSync(subject);
  const changes = await Changes.open(task, CHANGE_MS_MAX);
  const numbers = (from: number): number[] => Array.from({ length: half }, (_, i) => from + i);
  const ask = async (method: string, object: KubernetesObject): Promise<void> => {
    const whole = resourcePath(object);
    const path = method === "POST" ? whole.replace(/\/[^/]*$/, "") : whole;
    const { status, body } = await changes.api.ask(method, path, {
      ...(method === "POST" && { body: object }),
    });
    if (status >= 300) throw new Error(`${method} ${path}: ${status} ${JSON.stringify(body)}`);
  };
  const during = async (
    services: readonly number[],
    work: (service: number) => Promise<void>,
  ): Promise<Spread & { readonly tookMs: number }> => {
    const times: number[] = [];
    const startMs = performance.now();
    let isOver = false;
    const left = services.values();
    const worker = async (): Promise<void> => {
      for (const service of left) await work(service);
    };
    const all = Promise.all(Array.from({ length: REQUESTS_AT_A_TIME }, worker));
    const over = (): void => {
      isOver = true;
    };
    void all.then(over, over);
    while (!isOver) times.push(await changes.timed(changes.next(half)));
    await all;
    return { ...spread(times), tookMs: performance.now() - startMs };
  };
  const whileDeleting = await during(numbers(half), (service) =>
    ask("DELETE", serviceObject(service)),
  );
  const whileAdding = await during(numbers(task.size.services), async (service) => {
    await ask("POST", serviceObject(service));
    await ask("POST", sliceObject(service, task.size));
  });
  await changes.close();
  return { services: half, whileDeleting, whileAdding };
}
