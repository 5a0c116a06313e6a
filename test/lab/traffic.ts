/** Clients inside the lab: the traffic tool's `load` and `hold`, with what they counted. */
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";

/** Who asks whom, and how long an answer may take. */
export interface ClientTraffic {
  /** Network namespace of the client; the node's own when absent. */
  readonly namespace?: string;
  /** `10.96.0.10:80` or `[fd00:96::a]:80`; several, at most 64 of one family, take turns. */
  readonly to: string | readonly string[];
  /** TCP when absent. */
  readonly protocol?: "tcp" | "udp" | "sctp";
  /** Source addresses, used in turn; the kernel's choice when absent. At most 64. */
  readonly from?: readonly string[];
  /** The same for every connection: to the node's connection tracking they are one flow. */
  readonly sourcePort?: number;
  /** Bytes of a request and of its answer, 6 to 4096. */
  readonly size?: number;
  /** An answer that takes longer is a failure. 2,000 by default. */
  readonly timeoutMs?: number;
}

/** Many requests, a connection each. One of `requests` and `durationMs` at least. */
export interface LoadOptions extends ClientTraffic {
  readonly requests?: number;
  readonly durationMs?: number;
  /** Connections at a time, at most 1024. 1 by default. */
  readonly concurrency?: number;
  /** Requests a second at most; as fast as they come back when absent. */
  readonly ratePerS?: number;
}

/** Connections that stay open and exchange a line now and then. */
export interface HoldOptions extends ClientTraffic {
  readonly connections?: number;
  /** Until stopped, or for this long at most. */
  readonly durationMs: number;
  /** Between two lines of one connection. 100 by default. */
  readonly intervalMs?: number;
}

/** Why a request has no answer. `closed`: the connection ended in order, without one. */
export type FailureKind = "refused" | "timeout" | "reset" | "closed" | "unreachable" | "other";

/** Milliseconds. */
export interface Latency {
  readonly min: number;
  readonly median: number;
  readonly p99: number;
  readonly max: number;
}

/** What a load found. */
export interface LoadResult {
  readonly answered: number;
  readonly failed: number;
  readonly failures: Readonly<Record<FailureKind, number>>;
  /** Answers by pod. */
  readonly pods: Readonly<Record<string, number>>;
  /** Answers by source address of `from`, then by pod. */
  readonly sources: Readonly<Record<string, Readonly<Record<string, number>>>>;
  /** Answers by the client address that the pods saw. */
  readonly seen: Readonly<Record<string, number>>;
  /** From connect to answer; null when nothing was answered. */
  readonly latencyMs: Latency | null;
  readonly tookMs: number;
}

/** What a hold found. */
export interface HoldResult extends LoadResult {
  readonly connections: readonly {
    readonly from: string;
    /** The pod that answered first; "" when none did. */
    readonly pod: string;
    readonly exchanges: number;
    /** Another pod answered later. */
    readonly moved: boolean;
    readonly broken: FailureKind | null;
  }[];
}

/** Traffic that goes on until it has done its work or is stopped. */
export interface Running<Result> {
  /** Stops it early and returns what it found. */
  stop(): Promise<Result>;
  /** Resolves when it ends by itself. */
  readonly result: Promise<Result>;
}

/** The path of the tool; the lab's boot gives it to every program inside. */
export function trafficProgram(): string {
  const path = process.env["LAB_TRAFFIC"];
  if (path === undefined) throw new Error("LAB_TRAFFIC is not set: this runs in the lab only");
  return path;
}

/** Sends requests and counts the answers; resolves when all are done. */
export function load(options: LoadOptions): Promise<LoadResult> {
  return startLoad(options).result;
}

/** Like {@link load}, and can be stopped early. */
export function startLoad(options: LoadOptions): Running<LoadResult> {
  const { requests, durationMs, concurrency = 1, ratePerS } = options;
  return run<LoadResult>([
    "load",
    ...clientWords(options),
    ...words("--requests", requests),
    ...words("--duration-ms", durationMs),
    ...words("--concurrency", concurrency),
    ...words("--rate", ratePerS),
  ]);
}

/** Opens connections and keeps them busy; resolves when each had its first answer or failed. */
export async function hold(options: HoldOptions): Promise<Running<HoldResult>> {
  const { connections = 1, durationMs, intervalMs } = options;
  const running = run<HoldResult>([
    "hold",
    ...clientWords(options),
    ...words("--duration-ms", durationMs),
    ...words("--concurrency", connections),
    ...words("--interval-ms", intervalMs),
  ]);
  await running.opened;
  return running;
}

function clientWords(client: ClientTraffic): string[] {
  const { namespace, to, protocol, from, sourcePort, size, timeoutMs } = client;
  return [
    ...words("--netns", namespace),
    ...words("--to", typeof to === "string" ? to : to.join()),
    ...(protocol === "udp" || protocol === "sctp" ? [`--${protocol}`] : []),
    ...words("--source-port", sourcePort),
    ...words("--size", size),
    ...words("--from", from?.join()),
    ...words("--timeout-ms", timeoutMs),
  ];
}

function words(name: string, value: string | number | undefined): string[] {
  return value === undefined ? [] : [name, `${value}`];
}

function run<Result>(args: readonly string[]): Running<Result> & { opened: Promise<void> } {
  const child = spawn(trafficProgram(), args, { stdio: ["ignore", "pipe", "pipe"] });
  const lines = createInterface({ input: child.stdout });
  let open = (): void => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  const result = new Promise<Result>((resolve, reject) => {
    let last = "";
    let errors = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      errors += text;
    });
    lines.on("line", (line) => {
      last = line;
      open();
    });
    child.on("error", reject);
    child.on("close", (status) => {
      open();
      if (status === 0) resolve(JSON.parse(last) as Result);
      else reject(new Error(`traffic ${args.join(" ")} ended with ${status}: ${errors.trim()}`));
    });
  });
  // Whoever only waits for `opened` must not die of a rejection that is handled later.
  result.catch(() => {});
  const stop = (): Promise<Result> => {
    child.kill("SIGTERM");
    return result;
  };
  return { opened, result, stop };
}
