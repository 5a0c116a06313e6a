/** How each of the set-up's programs begins and ends. */
import { SetupError } from "./command.mjs";

/**
 * Runs `body` and ends the process: with its status, or 1 and a sentence when the set-up fails.
 *
 * @param {() => Promise<number>} body
 */
export async function main(body) {
  // By exit, so that its listeners run: they end the programs that were started.
  for (const name of /** @type {const} */ (["SIGINT", "SIGTERM"])) {
    process.once(name, () => process.exit(130));
  }
  try {
    process.exitCode = await body();
  } catch (err) {
    if (!(err instanceof SetupError)) throw err;
    process.stderr.write(`${err.message}\n`);
    process.exitCode = 1;
  }
}
