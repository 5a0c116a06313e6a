/** What the arguments of a benchmark choose. Pure. */

/** Those of `all` whose name is among `words`, in their own order; all without words. Throws on words of nothing. */
export function chosen<T>(
  all: readonly T[],
  words: readonly string[],
  nameOf: (one: T) => string,
): readonly T[] {
  const names = all.map(nameOf);
  const unknown = words.filter((word) => !names.includes(word));
  if (unknown.length > 0) throw new Error(`${unknown.join(", ")}: not among ${names.join(", ")}`);
  return words.length === 0 ? all : all.filter((one) => words.includes(nameOf(one)));
}
