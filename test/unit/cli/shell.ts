/** Runs whole command lines against fakes, in a folder of its own, and keeps what they print. */
import { mkdtemp, open, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Clock, systemClock } from "../../../src/base/clock.ts";
import type { CliContext, OpenTakeOver } from "../../../src/cli/context.ts";
import { runProgram } from "../../../src/cli/program.ts";
import { FakeKernel } from "../../fakes/fake-kernel.ts";
import { Leftovers } from "../../fakes/leftovers.ts";

/** What one command came to. */
export interface Printed {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** One folder and one kernel; `DIR` in a command line stands for the folder. */
export class Shell {
  readonly kernel = new FakeKernel();
  readonly folder: string;
  clock: Clock = systemClock;
  /** Thrown instead of a kernel. */
  kernelError: Error | undefined;
  /** What kube-proxy left; undefined where that cannot be opened. */
  leftovers: OpenTakeOver | undefined = new Leftovers();
  readonly end = new AbortController();
  readonly #env: Record<string, string> = {};

  constructor(folder: string) {
    this.folder = folder;
  }

  static async open(): Promise<Shell> {
    return new Shell(await mkdtemp(join(tmpdir(), "kube-ipvs-cli-")));
  }

  async close(): Promise<void> {
    this.end.abort();
    await rm(this.folder, { recursive: true, force: true });
  }

  path(name: string): string {
    return join(this.folder, name);
  }

  write(name: string, text: string): Promise<void> {
    return writeFile(this.path(name), text);
  }

  /** The lines of the log that `run` wrote, as objects. */
  async log(): Promise<Record<string, unknown>[]> {
    const text = await readFile(this.path("run.log"), "utf8");
    return text
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => JSON.parse(line));
  }

  /** Runs `kube-ipvs LINE`. */
  async run(line: string): Promise<Printed> {
    const printed = { out: "", err: "" };
    const logFile = await open(this.path("run.log"), "a");
    const outside: Omit<CliContext, "flagProblems" | "exitWith"> = {
      surroundings: {
        env: this.#env,
        hostname: "node-a",
        readFile: (path) => readFile(path, "utf8"),
      },
      clock: this.clock,
      write: (text) => {
        printed.out += text;
      },
      warn: (text) => {
        printed.err += text;
      },
      memory: { limitGarbage: () => {}, release: () => {} },
      openKernel: async () => {
        if (this.kernelError) throw this.kernelError;
        const { ipvs, link, filter, conntrack, nodeAddresses } = this.kernel;
        const close = (): void => {
          for (const part of [ipvs, link, filter, conntrack, nodeAddresses]) part.close();
        };
        return { ipvs, link, filter, conntrack, nodeAddresses, close };
      },
      openTable: async () => {
        if (this.kernelError) throw this.kernelError;
        const { ipvs, link } = this.kernel;
        const close = (): void => {
          ipvs.close();
          link.close();
        };
        return { ipvs, link, close };
      },
      openTakeOver: () => {
        if (!this.leftovers) throw new Error("no access");
        return this.leftovers;
      },
      prepareHost: async () => [],
      logStream: { fd: logFile.fd },
      signal: this.end.signal,
    };
    try {
      const words = line.replaceAll("DIR", this.folder).split(" ").filter(Boolean);
      return { code: await runProgram(words, outside), ...printed };
    } finally {
      await logFile.close();
    }
  }
}

/** Service `shop/web` on 10.96.0.10, and its slice with these endpoints. */
export function webManifest(options: { annotation?: string; endpoints?: readonly string[] } = {}) {
  const { annotation, endpoints = ["10.1.0.1"] } = options;
  const annotations = annotation === undefined ? "{}" : `{ ${annotation} }`;
  return `apiVersion: v1
kind: Service
metadata: { namespace: shop, name: web, annotations: ${annotations} }
spec: { clusterIP: 10.96.0.10, ports: [{ name: http, port: 80 }] }
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: { namespace: shop, name: web-1, labels: { kubernetes.io/service-name: web } }
addressType: IPv4
ports: [{ name: http, port: 8080 }]
endpoints: [${endpoints.map((address) => `{ addresses: [${address}] }`).join(", ")}]
`;
}
