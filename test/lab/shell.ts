/** Runs shell scripts inside the lab: one process starts from Node.js, however many commands it holds. */
import { spawn } from "node:child_process";

const OUTPUT_BYTES_MAX = 16 * 1024 * 1024;

/** Runs `script` by sh, ended at the first failure, and returns what it printed. */
export function shell(script: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn("sh", ["-eu"], { stdio: ["pipe", "pipe", "pipe"] });
    let output = "";
    let errors = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      output = (output + text).slice(-OUTPUT_BYTES_MAX);
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      errors = (errors + text).slice(-OUTPUT_BYTES_MAX);
    });
    child.on("error", reject);
    child.on("close", (status) => {
      if (status === 0) resolve(output);
      else reject(new Error(`sh ended with status ${status}: ${errors.trim() || output.trim()}`));
    });
    child.stdin.end(script);
  });
}
