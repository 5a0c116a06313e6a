/** The status on a real Unix socket. */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer, request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { askStatus, type StatusSocket, serveStatus } from "../../../src/observe/status-socket.ts";

let folder: string;
let socket: StatusSocket | undefined;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "kube-ipvs-socket-"));
});
afterEach(async () => {
  await socket?.close();
  socket = undefined;
  await rm(folder, { recursive: true, force: true });
});

const path = () => join(folder, "deep", "agent.sock");

test("whoever asks gets the status of that moment, in a folder that is made for it", async () => {
  let passes = 1;
  socket = await serveStatus(path(), () => ({ passes }));
  expect(await askStatus(path())).toEqual({ passes: 1 });
  passes = 2;
  expect(await askStatus(path())).toEqual({ passes: 2 });
});

test("nobody there is no error", async () => {
  expect(await askStatus(path())).toBeUndefined();
});

test("the socket of an agent that was killed is replaced", async () => {
  const killed = await serveStatus(path(), () => "old");
  // A second server takes the path over; the first one keeps a socket that has no name any more.
  socket = await serveStatus(path(), () => "new");
  expect(await askStatus(path())).toBe("new");
  await killed.close();
});

test("a file that is no socket is left alone", async () => {
  const file = join(folder, "notes.txt");
  await writeFile(file, "keep me");
  await expect(serveStatus(file, () => ({}))).rejects.toThrow("is no socket");
  expect(await readFile(file, "utf8")).toBe("keep me");
});

test("a status that cannot be made is an error of the one who asked, and the next is answered", async () => {
  let broken = true;
  socket = await serveStatus(path(), () => {
    if (broken) throw new Error("no status today");
    return "fine";
  });
  await expect(askStatus(path())).rejects.toThrow("answered with status 500");
  broken = false;
  expect(await askStatus(path())).toBe("fine");
});

test("only GET /status is there", async () => {
  socket = await serveStatus(path(), () => ({}));
  const code = await new Promise((resolve) => {
    request({ socketPath: path(), path: "/metrics" }, (answer) => {
      answer.resume();
      resolve(answer.statusCode);
    }).end();
  });
  expect(code).toBe(404);
});

test("an answer that is no JSON is told as such", async () => {
  const file = join(folder, "other.sock");
  const server = createServer((_, answer) => answer.end("<html>"));
  await new Promise<void>((resolve) => server.listen(file, resolve));
  await expect(askStatus(file)).rejects.toThrow("something else than JSON");
  await new Promise((resolve) => server.close(resolve));
});
