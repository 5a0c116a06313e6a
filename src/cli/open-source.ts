/** Where cluster objects come from, as the configuration says, and who is told of Events there. */
import type { Logger } from "pino";
import type { Clock } from "../base/clock.ts";
import type { Config } from "../config/config.ts";
import { ApiClient } from "../kube/api/api-client.ts";
import { ApiSource } from "../kube/api/api-source.ts";
import { type ApiLocation, readKubeConfig } from "../kube/api/kubeconfig.ts";
import type { ClusterSource } from "../kube/change.ts";
import { ApiEventRecorder } from "../kube/events/api-event-recorder.ts";
import { ManifestSource } from "../kube/manifest-source.ts";
import { type EventOutcome, type EventRecorder, NO_EVENTS } from "../model/cluster-event.ts";
import { problemLog } from "./problem-log.ts";

/** What a source needs of its surroundings. */
export interface SourceSurroundings {
  readonly clock: Clock;
  readonly log: Logger;
}

/** A source, and the Events of the cluster it reads. */
export interface OpenSource {
  readonly source: ClusterSource;
  /** Makes the recorder of Events. */
  readonly recorder: (onOutcome: (outcome: EventOutcome) => void) => EventRecorder;
  /** Writes Events until `signal` is aborted. */
  recordEvents(signal: AbortSignal): Promise<void>;
}

/**
 * The source that `config` names. A kubeconfig that is missing or none is waited for: somebody may write it
 * yet. Throws an `ApiError` where it is none of a file, so that nobody will.
 */
export function openSource(config: Config, surroundings: SourceSurroundings): OpenSource {
  const { clock, log } = surroundings;
  if (config.source.kind === "api") return openApi(config.source, config.nodeName, surroundings);
  return {
    source: new ManifestSource(config.source.folder, { clock, ...problemLog(log, clock) }),
    recorder: () => NO_EVENTS,
    recordEvents: () => Promise.resolve(),
  };
}

function openApi(
  location: ApiLocation,
  nodeName: string,
  { clock, log }: SourceSurroundings,
): OpenSource {
  if (location.kubeconfig === undefined) readKubeConfig(location);
  const client = new ApiClient(location, clock);
  const source = new ApiSource({ client, clock, nodeName, ...problemLog(log, clock) });
  let events: ApiEventRecorder | undefined;
  return {
    source,
    recorder: (onOutcome) => {
      events = new ApiEventRecorder({
        api: client,
        clock,
        nodeName,
        createdMs: (service) => source.serviceCreatedMs(service),
        onOutcome,
        onProblem: (error) => log.warn(error.message),
        onSolved: () => log.info("mended: Events are written again"),
      });
      return events;
    },
    recordEvents: async (signal) => {
      await events?.run(signal);
      client.close();
    },
  };
}
