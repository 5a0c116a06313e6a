/** The agent's status on a Unix socket: a small HTTP server and the client that asks it. */
import { lstat, mkdir, rm } from "node:fs/promises";
import { createServer, request, type Server, type ServerResponse } from "node:http";
import { dirname } from "node:path";

/** Longest answer that the client takes. */
export const STATUS_BYTES_MAX = 64 * 1024 * 1024;

/** How long the client waits for an answer. */
export const STATUS_WAIT_MS = 5_000;

/** A status server that runs. */
export interface StatusSocket {
  close(): Promise<void>;
}

/**
 * Serves `GET /status` as JSON at `path`, replacing the socket that a killed agent left there.
 * Rejects with the file system's error when the path cannot be used, and where no socket is in the way.
 */
export async function serveStatus(path: string, status: () => unknown): Promise<StatusSocket> {
  await mkdir(dirname(path), { recursive: true });
  await removeSocket(path);
  const server = createServer((asked, answer) => {
    if (asked.method !== "GET" || asked.url !== "/status") {
      answer.writeHead(404, { "content-type": "text/plain" }).end("only GET /status is here\n");
      return;
    }
    answerJson(answer, status);
  });
  await listen(server, path);
  return {
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

/** Asks the agent at `path`; undefined when none answers there. Rejects when the answer is no status. */
export function askStatus(path: string): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const asked = request({ socketPath: path, path: "/status", timeout: STATUS_WAIT_MS });
    asked.on("response", (answer) => {
      const parts: Buffer[] = [];
      let size = 0;
      answer.on("data", (part: Buffer) => {
        size += part.length;
        if (size > STATUS_BYTES_MAX)
          asked.destroy(new Error(`status over ${STATUS_BYTES_MAX} bytes`));
        else parts.push(part);
      });
      answer.on("end", () => {
        if (answer.statusCode !== 200) {
          reject(new Error(`the agent at ${path} answered with status ${answer.statusCode}`));
          return;
        }
        try {
          resolve(JSON.parse(Buffer.concat(parts).toString()));
        } catch (cause) {
          reject(
            new Error(`the agent at ${path} answered with something else than JSON`, { cause }),
          );
        }
      });
    });
    asked.on("timeout", () => asked.destroy(new Error(`no answer within ${STATUS_WAIT_MS} ms`)));
    asked.on("error", (error: NodeJS.ErrnoException) => {
      const nobody = error.code === "ENOENT" || error.code === "ECONNREFUSED";
      if (nobody) resolve(undefined);
      else reject(new Error(`asking the agent at ${path}: ${error.message}`, { cause: error }));
    });
    asked.end();
  });
}

/** A question must not end the agent, whatever becomes of the answer. */
function answerJson(answer: ServerResponse, status: () => unknown): void {
  try {
    const text = JSON.stringify(status());
    answer.writeHead(200, { "content-type": "application/json" }).end(text);
  } catch (error) {
    answer.writeHead(500, { "content-type": "text/plain" }).end(`${String(error)}\n`);
  }
}

/** A path that was mistyped may name a file that somebody needs. */
async function removeSocket(path: string): Promise<void> {
  const found = await lstat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw error;
  });
  if (!found) return;
  if (!found.isSocket()) {
    const reason = new Error(`${path} is no socket: the status cannot be served there`);
    throw Object.assign(reason, { code: "EEXIST" });
  }
  await rm(path, { force: true });
}

function listen(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(path, resolve);
  });
}
