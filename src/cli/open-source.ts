/** Where cluster objects come from, as the configuration says, and who is told of Events there. */
import type { Logger } from "pino";
import type { Clock } from "../base/clock.ts";
import type { Config } from "../config/config.ts";
import { ConfigError } from "../config/config-error.ts";
import { type ClusterSource, sourceProblemText } from "../kube/change.ts";
import { ManifestSource } from "../kube/manifest-source.ts";
import type { ProblemListeners } from "../kube/problem-list.ts";
import { type EventOutcome, type EventRecorder, NO_EVENTS } from "../model/cluster-event.ts";

/** What a source needs of its surroundings. */
export interface SourceSurroundings {
  readonly clock: Clock;
  readonly log: Logger;
  /** True while addresses of other nodes decide something. */
  readonly wantsPeers: () => boolean;
}

/** A source, and the Events of the cluster it reads. */
export interface OpenSource {
  readonly source: ClusterSource;
  /** Makes the recorder of Events. */
  readonly recorder: (onOutcome: (outcome: EventOutcome) => void) => EventRecorder;
  /** Writes Events until `signal` is aborted. */
  recordEvents(signal: AbortSignal): Promise<void>;
}

/** The source that `config` names. Throws a `ConfigError` when it cannot be one. */
export function openSource(config: Config, surroundings: SourceSurroundings): OpenSource {
  const { clock, log } = surroundings;
  if (config.source.kind === "api") {
    const message = "the API server is no source yet: give --manifests DIR";
    throw new ConfigError([{ where: "--manifests", message }]);
  }
  return {
    source: new ManifestSource(config.source.folder, { clock, ...problemLog(log) }),
    recorder: () => NO_EVENTS,
    recordEvents: () => Promise.resolve(),
  };
}

function problemLog(log: Logger): ProblemListeners {
  return {
    onProblem: (problem) => log.warn(sourceProblemText(problem)),
    onSolved: (problem) => log.info(`mended: ${sourceProblemText(problem)}`),
  };
}
