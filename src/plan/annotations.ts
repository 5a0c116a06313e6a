/** The annotations that users write on a Service, and how their values stand in messages. */

/** Scheduler of all ports; with `.<port name>` of one port. */
export const SCHEDULER_ANNOTATION = "kube-ipvs.io/scheduler";

/** Flags of the scheduler, separated by commas; with `.<port name>` of one port. */
export const FLAGS_ANNOTATION = "kube-ipvs.io/scheduler-flags";

/** kube-router's annotation, honoured where ours is absent. */
export const KUBE_ROUTER_SCHEDULER_ANNOTATION = "kube-router.io/service.scheduler";

/** How long a removed endpoint keeps its connections. */
export const DRAIN_ANNOTATION = "kube-ipvs.io/drain-timeout";

/** Characters of a user's value that a message repeats. An annotation may have 256 KiB. */
export const VALUE_CHARACTERS_MAX = 64;

/** One annotation as found on a Service. */
export interface FoundAnnotation {
  readonly name: string;
  /** Without blanks around it, in lower case: none of our values tells them apart. */
  readonly value: string;
}

/** The first of `names` that is on the Service. */
export function findAnnotation(
  annotations: Readonly<Record<string, string>>,
  names: readonly string[],
): FoundAnnotation | undefined {
  for (const name of names) {
    const value = annotations[name];
    if (value !== undefined) return { name, value: value.trim().toLowerCase() };
  }
  return undefined;
}

/** True for most Services: no name need be made to look for. */
export function hasNoAnnotations(annotations: Readonly<Record<string, string>>): boolean {
  for (const name in annotations) if (Object.hasOwn(annotations, name)) return false;
  return true;
}

/** The same of one port: the first of `names` with the port's name at its end goes before all of them. */
export function findPortAnnotation(
  annotations: Readonly<Record<string, string>>,
  portName: string,
  names: readonly [string, ...string[]],
): FoundAnnotation | undefined {
  if (hasNoAnnotations(annotations)) return undefined;
  const [own] = names;
  return findAnnotation(annotations, [`${own}.${portName}`, ...names]);
}

/** The field of a finding about an annotation. */
export function annotationField(name: string): string {
  return `metadata.annotations[${name}]`;
}

/** A value in quotes, cut to what a line can hold and escaped, so that it cannot forge a line. */
export function quoted(value: string): string {
  const cut = value.length > VALUE_CHARACTERS_MAX;
  return JSON.stringify(cut ? `${value.slice(0, VALUE_CHARACTERS_MAX)}...` : value);
}
