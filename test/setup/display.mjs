/**
 * What the user sees of the set-up: one line a step with what, why and how long.
 * On a terminal a running step rewrites its line; elsewhere it says where it is every ten seconds.
 */
import { performance } from "node:perf_hooks";
import { SetupError } from "./command.mjs";

const REDRAW_MS = 200;
const PLAIN_LINE_MS = 10_000;
/** What takes no longer has one line only, the last. */
const QUIET_MS = 2_000;

/**
 * One thing to have before the work can begin.
 *
 * @typedef {object} Step
 * @property {string} name What it makes, in a word or two.
 * @property {string} why What that is needed for.
 * @property {boolean} essential Nothing after it can work without it.
 * @property {() => string | undefined | Promise<string | undefined>} present
 *   A few words when it is there already and its inputs have not changed; else undefined.
 * @property {(progress: (text: string) => void) => Promise<string>} make
 *   Makes it, and returns a few words about what it did. Rejects when it cannot.
 */

/**
 * Has every step, one after the other, and throws one error with all that failed: what does not
 * depend on a failed step is there all the same.
 *
 * @param {readonly Step[]} steps
 */
export async function runSteps(steps) {
  const failures = [];
  for (const [index, step] of steps.entries()) {
    const head = `[${index + 1}/${steps.length}] ${step.name}`;
    const present = await step.present();
    if (present !== undefined) {
      write(`${head}: ${present}\n`);
      continue;
    }
    try {
      await makeStep(head, step);
    } catch (err) {
      if (!(err instanceof SetupError)) throw err;
      failures.push(err.message);
      if (step.essential) break;
    }
  }
  if (failures.length > 0) throw new SetupError(failures.join("\n"));
}

/** @param {string} head @param {Step} step */
async function makeStep(head, step) {
  const startMs = performance.now();
  const line = movingLine(`${head}: ${step.why}`, startMs);
  try {
    const done = await step.make(line.update);
    line.end(`${head}: ${done}, ${elapsed(startMs)}\n`);
  } catch (err) {
    line.end(`${head}: failed after ${elapsed(startMs)}\n`);
    throw err;
  }
}

/**
 * A line that says what goes on while it goes on.
 *
 * @param {string} head
 * @param {number} startMs
 */
export function movingLine(head, startMs) {
  const terminal = process.stdout.isTTY === true;
  let detail = "";
  const draw = () => {
    const text = `${head} ... ${detail ? `${detail}, ` : ""}${elapsed(startMs)}`;
    write(terminal ? `\r\x1b[K${text.slice(0, (process.stdout.columns || 80) - 1)}` : `${text}\n`);
  };
  if (terminal) draw();
  let timer = setTimeout(
    function tick() {
      draw();
      timer = setTimeout(tick, terminal ? REDRAW_MS : PLAIN_LINE_MS);
    },
    terminal ? REDRAW_MS : QUIET_MS,
  );
  return {
    /** @param {string} text */
    update: (text) => {
      detail = text;
    },
    /** @param {string} last */
    end: (last) => {
      clearTimeout(timer);
      write(terminal ? `\r\x1b[K${last}` : last);
    },
  };
}

/** Time since `startMs`, such as `0.4 s` or `4 min 37 s`. @param {number} startMs @returns {string} */
export function elapsed(startMs) {
  const seconds = (performance.now() - startMs) / 1000;
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  return whole < 60 ? `${whole} s` : `${Math.floor(whole / 60)} min ${whole % 60} s`;
}

/** @param {string} text */
export function write(text) {
  process.stdout.write(text);
}
