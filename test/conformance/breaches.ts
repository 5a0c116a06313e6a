/** What is wrong with the map from Kubernetes' own tests to ours. */
import type { OwnTest } from "./own-tests.ts";
import type { UpstreamTest } from "./upstream-test.ts";

/** One sentence for each mistake; none where every test has its counterpart or its reason. */
export function breaches(
  upstream: readonly UpstreamTest[],
  own: readonly OwnTest[],
): readonly string[] {
  const named = new Set(own.flatMap((one) => one.upstream));
  const known = new Set(upstream.map(({ id }) => id));
  return [
    ...upstream.flatMap((test) => breachesOf(test, named.has(test.id))),
    ...repeated(upstream.map(({ id }) => id)).map((id) => `${id}: is listed twice`),
    ...repeated(own.map(({ name, kind }) => `${kind} test "${name}"`)).map(
      (name) => `${name}: two tests have the name`,
    ),
    ...own.flatMap(({ name, upstream: ids }) =>
      ids
        .filter((id) => !known.has(id))
        .map((id) => `"${name}" names "${id}", which upstream does not have`),
    ),
  ];
}

function breachesOf(test: UpstreamTest, isCovered: boolean): string[] {
  const { id, cannotApply, differs } = test;
  if (cannotApply !== undefined) {
    return isCovered ? [`${id}: has one of ours, and a reason why there is none`] : [];
  }
  if (isCovered) return [];
  const what =
    differs === undefined ? "none of ours" : "a difference, and none of ours that shows it";
  return [`${id}: has ${what}`];
}

function repeated(texts: readonly string[]): readonly string[] {
  const seen = new Set<string>();
  const twice = texts.filter((text) => seen.size === seen.add(text).size);
  return [...new Set(twice)];
}
