/** The servers of all pods: one `traffic serve` process inside the lab, told what to do by lines. */
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { trafficProgram } from "./traffic.ts";

interface Order {
  readonly line: string;
  done(): void;
  failed(err: Error): void;
}

/** Starts, slows and stops servers. Each order resolves when it is in force. */
export class Servers {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #orders: Order[] = [];
  #ended: Error | undefined;

  constructor() {
    this.#child = spawn(trafficProgram(), ["serve"], { stdio: ["pipe", "pipe", "pipe"] });
    let errors = "";
    this.#child.stderr.setEncoding("utf8").on("data", (text: string) => {
      errors += text;
    });
    createInterface({ input: this.#child.stdout }).on("line", () => this.#orders.shift()?.done());
    this.#child.on("error", (err) => this.#end(err));
    this.#child.on("close", () =>
      this.#end(new Error(`the pods' servers ended: ${errors.trim()}`)),
    );
  }

  /** Listens on `ports`, TCP and UDP, of both families, in the namespace. */
  serve(options: {
    readonly pod: string;
    readonly namespace: string;
    readonly ports: readonly number[];
    readonly delayMs: number;
  }): Promise<void> {
    const { pod, namespace, ports, delayMs } = options;
    return this.#order(`serve ${pod} ${namespace} ${delayMs} ${ports.join(" ")}`);
  }

  /** From now on the pod's answers take this long. */
  setDelay(pod: string, delayMs: number): Promise<void> {
    return this.#order(`delay ${pod} ${delayMs}`);
  }

  /** Closes the pod's listeners and connections. */
  stop(pod: string): Promise<void> {
    return this.#order(`stop ${pod}`);
  }

  /** Ends the process, and with it all servers. */
  close(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#ended) return resolve();
      this.#child.once("close", () => resolve());
      this.#child.stdin.end();
    });
  }

  #order(line: string): Promise<void> {
    return new Promise((done, failed) => {
      if (this.#ended) return failed(this.#ended);
      this.#orders.push({ line, done, failed });
      this.#child.stdin.write(`${line}\n`);
    });
  }

  #end(err: Error): void {
    this.#ended ??= err;
    for (const order of this.#orders.splice(0)) order.failed(err);
  }
}
