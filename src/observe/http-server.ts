/** The two servers that kube-proxy has too: metrics on 10249 and the proxy's health on 10256. */
import type { RequestListener } from "node:http";
import type { Logger } from "pino";
import type { Clock } from "../base/clock.ts";
import type { ClusterEvent, EventRecorder } from "../model/cluster-event.ts";
import { answer, answerJson, answerText, pathOf } from "./answer.ts";
import { type ListenError, Listener } from "./listener.ts";
import type { HealthAnswer, ProxyHealth } from "./proxy-health.ts";

/** Both addresses are kube-proxy's own: as a rule it is the one that has them already. */
const SECOND_PROXY =
  "probably another kube-proxy runs on this node, and two undo each other's work: take it away \
(kubectl -n kube-system delete daemonset kube-proxy). If it is something else, choose another address";

/** Where and how to serve. */
export interface ServeOptions {
  readonly at: { readonly host: string; readonly port: number };
  /** Reject when it cannot listen at first, instead of trying again until it can. */
  readonly hardFail: boolean;
  readonly clock: Clock;
  readonly log: Logger;
  readonly events: EventRecorder;
  readonly nodeName: string;
}

/** A server that runs, or tries to. */
export interface RunningServer {
  /** 0 while it does not listen. */
  readonly port: number;
  close(): Promise<void>;
}

/** What the metrics server shows. */
export interface MetricsPages {
  /** The text of all metrics, and its media type. */
  readonly metrics: () => Promise<Page>;
  /** The service level indicators among them. */
  readonly indicators: () => Promise<Page>;
  /** Called at each answer of `/healthz`, which the indicators count. */
  readonly onHealthz: () => void;
  /** The settings in force. */
  readonly config: unknown;
}

/** A body and its media type. */
export interface Page {
  readonly contentType: string;
  readonly body: string;
}

/** Serves `/metrics`, `/metrics/slis`, `/proxyMode`, `/healthz` and `/configz`. Rejects with a {@link ListenError}. */
export function serveMetrics(pages: MetricsPages, options: ServeOptions): Promise<RunningServer> {
  const serve: RequestListener = (request, response) => {
    const sendPage = (page: Promise<Page>): void => {
      page.then(
        ({ body, contentType }) => answer(response, 200, body, { "content-type": contentType }),
        (error) => answerText(response, 500, `${error}\n`),
      );
    };
    switch (pathOf(request.url)) {
      case "/metrics":
        return sendPage(pages.metrics());
      case "/metrics/slis":
        return sendPage(pages.indicators());
      case "/proxyMode":
        return answerText(response, 200, "ipvs");
      case "/healthz":
        pages.onHealthz();
        return answerText(response, 200, "ok");
      case "/configz":
        return answerJson(response, 200, { "kube-ipvs.io": pages.config });
      default:
        return answerText(response, 404, "404 page not found\n");
    }
  };
  return start(serve, options, { what: "metrics", reason: "FailedToStartMetricServer" });
}

/** Counts the answers of the health server. */
export type CountAnswer = (path: "healthz" | "livez", status: number) => void;

/** Serves `/healthz`, `/livez` and our own `/readyz`. Rejects with a {@link ListenError}. */
export function serveProxyHealth(
  health: ProxyHealth,
  count: CountAnswer,
  options: ServeOptions,
): Promise<RunningServer> {
  const serve: RequestListener = (request, response) => {
    const send = (path: "healthz" | "livez", { status, body }: HealthAnswer): void => {
      count(path, status);
      answerJson(response, status, body);
    };
    switch (pathOf(request.url)) {
      case "/healthz":
        return send("healthz", health.healthz());
      case "/livez":
        return send("livez", health.livez());
      case "/readyz": {
        const { status, body } = health.readyz();
        return answerJson(response, status, body);
      }
      default:
        return answerText(response, 404, "404 page not found\n");
    }
  };
  return start(serve, options, { what: "health", reason: "FailedToStartProxierHealthcheck" });
}

/** Resolves after the first try to listen. */
function start(
  serve: RequestListener,
  options: ServeOptions,
  { what, reason }: { readonly what: string; readonly reason: string },
): Promise<RunningServer> {
  const { at, hardFail, clock, log } = options;
  return new Promise((resolve, reject) => {
    let port = 0;
    const listener = new Listener({
      ...at,
      answer: serve,
      clock,
      ifInUse: SECOND_PROXY,
      onListening: (listening) => {
        port = listening;
        log.info({ host: at.host, port }, `serving ${what}`);
        resolve(server);
      },
      onFailure: (error) => {
        options.events.record(failureEvent(options.nodeName, reason, error));
        if (hardFail && port === 0) {
          listener.close().then(() => reject(error), reject);
          return;
        }
        port = 0;
        log.warn({ err: error }, `${what} is not served; trying again`);
        resolve(server);
      },
    });
    const server: RunningServer = {
      get port() {
        return port;
      },
      close: () => listener.close(),
    };
  });
}

function failureEvent(nodeName: string, reason: string, error: ListenError): ClusterEvent {
  return {
    regarding: { kind: "Node", name: nodeName },
    type: "Warning",
    reason,
    action: "StartKubeIpvs",
    note: `${error.message} (node ${nodeName})`,
  };
}
