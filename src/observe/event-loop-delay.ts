/** How long work kept the event loop from everything else: watches, health checks, other Services' changes. */
import { monitorEventLoopDelay } from "node:perf_hooks";
import { Gauge, type Registry } from "prom-client";

/**
 * The delay is seen by a timer of this period: one that is shorter is caught in proportion. 10 ms, Node's own
 * default, costs 0.4 % of a processor in a process that does nothing; with this nothing can be measured.
 */
export const EVENT_LOOP_SAMPLE_MS = 200;

const NS_PER_S = 1e9;
const MS_PER_S = 1_000;
const QUANTILES = { "0.5": 50, "0.99": 99, "1": 100 } as const;

/**
 * prom-client's own `nodejs_eventloop_lag_*`: they have the timer's period in them, which is most of what they
 * show where that is not short.
 */
const MISLEADING = ["min", "max", "mean", "stddev", "p50", "p90", "p99"];

/** Adds the gauge to `registry`, in the place of those of prom-client. Each reading is of the time since the last one. */
export function addEventLoopDelay(registry: Registry): void {
  for (const name of MISLEADING)
    registry.removeSingleMetric(`nodejs_eventloop_lag_${name}_seconds`);
  const histogram = monitorEventLoopDelay({ resolution: EVENT_LOOP_SAMPLE_MS });
  histogram.enable();
  new Gauge({
    name: "kube_ipvs_event_loop_delay_seconds",
    help: "How long work kept the event loop from everything else, since the last scrape",
    labelNames: ["quantile"],
    registers: [registry],
    collect() {
      for (const [quantile, percent] of Object.entries(QUANTILES)) {
        const seconds = histogram.percentile(percent) / NS_PER_S - EVENT_LOOP_SAMPLE_MS / MS_PER_S;
        this.set({ quantile }, Math.max(0, seconds));
      }
      histogram.reset();
    },
  });
}
