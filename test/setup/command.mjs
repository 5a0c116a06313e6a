/** Runs programs: their whole output goes to a log file, and a failure shows where it is and how it ends. */
import { spawn } from "node:child_process";
import { createWriteStream, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { createInterface } from "node:readline";
import { BUILD, folder } from "./paths.mjs";

const LAST_LINES = 25;

/** A step or check that did not work, in words for the user. */
export class SetupError extends Error {
  /** @override */
  name = "SetupError";
}

/**
 * @typedef {object} RunOptions
 * @property {string} log Name of the log file under build/log, without its ending.
 * @property {string} [cwd]
 * @property {NodeJS.ProcessEnv} [env] Added to this process's own environment.
 * @property {boolean} [append] Goes on in the log file of an earlier command.
 * @property {(line: string) => void} [onLine] Gets every line of both outputs.
 */

/** @type {Set<import("node:child_process").ChildProcess>} */
const running = new Set();
// A build must not go on, half seen, when whoever asked for it has gone.
process.on("exit", () => {
  for (const child of running) child.kill("SIGTERM");
});

/** The log file of a step. @param {string} name @returns {string} */
export function logPath(name) {
  return join(folder(join(BUILD, "log")), `${name}.log`);
}

/**
 * Runs a program to its end and returns its exit status (128 for a signal).
 *
 * @param {string} program
 * @param {readonly string[]} args
 * @param {RunOptions} options
 * @returns {Promise<number>}
 */
export function runStatus(program, args, { log, cwd, env, append = false, onLine }) {
  return new Promise((resolve, reject) => {
    const out = createWriteStream(logPath(log), { flags: append ? "a" : "w" });
    out.write(`$ ${program} ${args.join(" ")}\n`);
    const child = spawn(program, args, {
      cwd,
      env: { ...process.env, ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    running.add(child);
    child.once("close", () => running.delete(child));
    child.stdout.pipe(out, { end: false });
    child.stderr.pipe(out, { end: false });
    if (onLine) {
      createInterface({ input: child.stdout }).on("line", onLine);
      createInterface({ input: child.stderr }).on("line", onLine);
    }
    child.on("error", (err) => reject(new SetupError(`cannot run ${program}: ${err.message}`)));
    child.on("close", (status) => out.end(() => resolve(status ?? 128)));
  });
}

/**
 * Runs a program that must succeed.
 *
 * @param {string} program
 * @param {readonly string[]} args
 * @param {RunOptions} options
 */
export async function run(program, args, options) {
  const status = await runStatus(program, args, options);
  if (status === 0) return;
  throw new SetupError(
    `${basename(program)} ${args.slice(0, 3).join(" ")} ended with status ${status}. ` +
      `The end of ${logPath(options.log)}:\n${lastLines(options.log)}`,
  );
}

/** The end of a log file, indented. @param {string} log @returns {string} */
export function lastLines(log) {
  const lines = readFileSync(logPath(log), "utf8").trimEnd().split("\n");
  return lines
    .slice(-LAST_LINES)
    .map((line) => `    ${line}`)
    .join("\n");
}

/**
 * What a short program prints, or undefined when it fails or is not there.
 *
 * @param {string} program
 * @param {readonly string[]} args
 * @param {string} [cwd]
 * @returns {Promise<string | undefined>}
 */
export function ask(program, args, cwd) {
  return new Promise((resolve) => {
    const child = spawn(program, args, { cwd, stdio: ["ignore", "pipe", "ignore"] });
    let text = "";
    child.stdout.setEncoding("utf8").on("data", (part) => {
      text += part;
    });
    child.on("error", () => resolve(undefined));
    child.on("close", (status) => resolve(status === 0 ? text : undefined));
  });
}
