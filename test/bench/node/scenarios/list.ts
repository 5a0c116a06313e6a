/** The floor of a start: both lists paged and parsed as JSON by plain Node, and nothing done with them. */
import { readFileSync } from "node:fs";
import { Agent, request } from "node:https";
import type { NodeTask } from "../node-task.ts";

const PATHS = ["/api/v1/services", "/apis/discovery.k8s.io/v1/endpointslices"];
const PAGE_OBJECTS = 500;

/** What was measured. */
export interface ListResult {
  readonly tookMs: number;
  readonly bytes: number;
  readonly objects: number;
}

interface List {
  readonly items: readonly unknown[];
  readonly metadata: { readonly continue?: string };
}

/** Runs it. */
export async function list({ server }: NodeTask): Promise<ListResult> {
  const agent = new Agent({ keepAlive: true, ca: readFileSync(server.authority) });
  const startMs = performance.now();
  let bytes = 0;
  let objects = 0;
  await Promise.all(
    PATHS.map(async (path) => {
      let next = "";
      do {
        const from = next === "" ? "" : `&continue=${encodeURIComponent(next)}`;
        const body = await get(`${server.url}${path}?limit=${PAGE_OBJECTS}${from}`, agent);
        const { items, metadata } = JSON.parse(body.toString()) as List;
        bytes += body.length;
        objects += items.length;
        next = metadata.continue ?? "";
      } while (next !== "");
    }),
  );
  const tookMs = performance.now() - startMs;
  agent.destroy();
  return { tookMs, bytes, objects };
}

function get(url: string, agent: Agent): Promise<Buffer> {
  const headers = { authorization: "Bearer admin", accept: "application/json" };
  return new Promise((resolve, reject) => {
    const asked = request(url, { agent, headers }, (answer) => {
      const parts: Buffer[] = [];
      answer.on("data", (part: Buffer) => parts.push(part));
      answer.on("error", reject);
      answer.on("end", () => resolve(Buffer.concat(parts)));
    });
    asked.on("error", reject);
    asked.end();
  });
}
