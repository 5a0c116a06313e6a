/** Annotations under our prefix that nothing reads: a misspelled one would be ignored in silence. */
import { didYouMean } from "../base/nearest-word.ts";
import type { Service } from "../model/cluster.ts";
import type { Finding } from "../model/finding.ts";
import {
  annotationField,
  DRAIN_ANNOTATION,
  FLAGS_ANNOTATION,
  hasNoAnnotations,
  quoted,
  SCHEDULER_ANNOTATION,
  VALUE_CHARACTERS_MAX,
} from "./annotations.ts";

/** Findings of this kind that one Service may have; the rest is not told. */
export const UNKNOWN_ANNOTATIONS_MAX = 10;

const NO_FINDINGS: readonly Finding[] = [];

const PREFIX = "kube-ipvs.io/";

const KNOWN: readonly string[] = [SCHEDULER_ANNOTATION, FLAGS_ANNOTATION, DRAIN_ANNOTATION];

/** Those that have a form for one port. */
const BY_PORT: readonly string[] = [SCHEDULER_ANNOTATION, FLAGS_ANNOTATION];

/** A finding for each annotation of ours whose name, or the port in it, does not exist. */
export function unknownAnnotations(service: Service): readonly Finding[] {
  if (hasNoAnnotations(service.annotations)) return NO_FINDINGS;
  const findings: Finding[] = [];
  for (const name of Object.keys(service.annotations).sort()) {
    if (findings.length === UNKNOWN_ANNOTATIONS_MAX) break;
    if (!name.startsWith(PREFIX) || KNOWN.includes(name)) continue;
    const problem = problemOf(name, service);
    if (problem === undefined) continue;
    findings.push({
      severity: "warning",
      reason: "unknown-annotation",
      service: service.name,
      field: annotationField(name.slice(0, PREFIX.length + VALUE_CHARACTERS_MAX)),
      message: `${problem} The annotation has no effect.`,
    });
  }
  return findings;
}

function problemOf(name: string, { ports }: Service): string | undefined {
  const base = BY_PORT.find((known) => name.startsWith(`${known}.`));
  if (base === undefined) {
    return `This version knows no annotation ${quoted(name)}${didYouMean(short(name), KNOWN)}.`;
  }
  const portName = name.slice(base.length + 1);
  const names = ports.map((port) => port.name);
  if (names.includes(portName)) return undefined;
  return `The Service has no port ${quoted(portName)}${didYouMean(short(portName), names)}.`;
}

function short(text: string): string {
  return text.slice(0, VALUE_CHARACTERS_MAX);
}
