/** Real HTTP on loopback for tests of servers, and an event recorder that remembers. */
import { request } from "node:http";
import type { AddressInfo } from "node:net";
import { createServer, type Server } from "node:net";
import type { ClusterEvent, EventRecorder } from "../../../src/model/cluster-event.ts";

/** What came back. */
export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: string;
}

/** Asks `port` on `host`. Rejects with the socket's error. */
export function ask(
  port: number,
  path: string,
  { host = "127.0.0.1", method = "GET" }: { host?: string; method?: string } = {},
): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const asked = request({ host, port, path, method, agent: false }, (answer) => {
      const parts: Buffer[] = [];
      answer.on("data", (part: Buffer) => parts.push(part));
      answer.on("end", () => {
        const body = Buffer.concat(parts).toString();
        resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body });
      });
      answer.on("error", reject);
    });
    asked.on("error", reject);
    asked.end();
  });
}

/** Holds a port, as another program would. */
export async function occupy(port = 0): Promise<{ port: number; server: Server }> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.on("error", reject);
    server.listen({ host: "::", port }, resolve);
  });
  return { port: (server.address() as AddressInfo).port, server };
}

/** Lets go of it. */
export function leave(server: Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()));
}

/** A port that nobody has now. */
export async function freePort(): Promise<number> {
  const { port, server } = await occupy();
  await leave(server);
  return port;
}

/** Waits until `isSo`, as servers begin and end in their own time. */
export async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isSo())) await new Promise((resolve) => setTimeout(resolve, 2));
}

/** An event recorder whose events a test reads. */
export function rememberedEvents(): {
  readonly told: ClusterEvent[];
  readonly events: EventRecorder;
} {
  const told: ClusterEvent[] = [];
  return { told, events: { record: (event) => told.push(event) } };
}
