/** Programmer errors: a broken invariant of our own ends the process with a sentence. */

/** Thrown when a part of this program broke its own promise; never caught to go on. */
export class AssertionError extends Error {
  override readonly name = "AssertionError";
}

/** The end of an exhaustive `switch`: does not compile while a case is missing. */
export function unreachable(value: never): never {
  throw new AssertionError(`unexpected value ${JSON.stringify(value)}`);
}
