/**
 * Whether this proxy keeps up, as kube-proxy says it: a change that was asked for and not made within a
 * time makes it unhealthy. The time since the last change says nothing: a quiet cluster is healthy.
 */
import type { Clock } from "../base/clock.ts";
import type { Family } from "../model/address.ts";

/** The cluster autoscaler puts it on a node that it is about to delete. */
const TO_BE_DELETED_TAINT = "ToBeDeletedByClusterAutoscaler";

/** What Go's encoding of a time that was never set looks like: readers of kube-proxy's body know it. */
const NEVER = "0001-01-01T00:00:00Z";

/** Kubernetes' names of the families. */
const FAMILY_NAMES: Readonly<Record<Family, string>> = { ipv4: "IPv4", ipv6: "IPv6" };

/** An answer to a probe. */
export interface HealthAnswer {
  readonly status: 200 | 503;
  /** To be sent as JSON. */
  readonly body: Readonly<Record<string, unknown>>;
}

/** The part of a Node that decides whether load balancers should use it. */
export interface NodeState {
  readonly deleting: boolean;
  /** Keys of its taints. */
  readonly taints: readonly string[];
}

/** What health is made from. */
export interface ProxyHealthOptions {
  readonly clock: Clock;
  /** The families that this proxy serves. */
  readonly families: readonly Family[];
  /** A change that waits for longer makes it unhealthy; kube-proxy's is twice its sync period. */
  readonly lateMs: number;
  /**
   * What holds while no Node is known: kube-proxy is not eligible then; without an API server there may
   * be no Node at all.
   */
  readonly eligibleWithoutNode: boolean;
}

interface FamilyState {
  /** When the oldest change was asked for that no pass has begun with; of a clock that never jumps. */
  queuedMs: number | undefined;
  /** The same of the changes that a pass has begun with and not ended; its own start when there was none. */
  begunMs: number | undefined;
  /** Wall time of the last pass that made all changes; undefined before the first. */
  updatedMs: number | undefined;
}

/** Takes note of what was asked for and made, and answers probes. */
export class ProxyHealth {
  readonly #options: ProxyHealthOptions;
  readonly #families: ReadonlyMap<Family, FamilyState>;
  #node: NodeState | undefined;

  constructor(options: ProxyHealthOptions) {
    this.#options = options;
    this.#families = new Map(
      options.families.map((family) => [
        family,
        { queuedMs: undefined, begunMs: undefined, updatedMs: undefined },
      ]),
    );
  }

  /** A change was asked for; it counts from the first that is not made yet. */
  queued(): void {
    const nowMs = this.#options.clock.nowMs();
    for (const state of this.#families.values()) state.queuedMs ??= nowMs;
  }

  /** A pass takes up all that was asked for. One that hangs makes it late, also if nothing was asked for. */
  begun(): void {
    const nowMs = this.#options.clock.nowMs();
    for (const state of this.#families.values()) {
      state.begunMs ??= state.queuedMs ?? nowMs;
      state.queuedMs = undefined;
    }
  }

  /** All that the pass began with was made; what was asked for meanwhile waits for the next one. */
  updated(): void {
    const wallMs = this.#options.clock.wallMs();
    for (const state of this.#families.values()) {
      state.begunMs = undefined;
      state.updatedMs = wallMs;
    }
  }

  /** The Node as it is now; undefined when there is none. */
  nodeSeen(node: NodeState | undefined): void {
    this.#node = node;
  }

  /** False when a change waits for too long. Says nothing of the node. */
  isHealthy(): boolean {
    return [...this.#families.values()].every((state) => !this.#isLate(state));
  }

  /** Whether load balancers should use this node. */
  isNodeEligible(): boolean {
    if (this.#node === undefined) return this.#options.eligibleWithoutNode;
    return !this.#node.deleting && !this.#node.taints.includes(TO_BE_DELETED_TAINT);
  }

  /** `/healthz`: for load balancers. */
  healthz(): HealthAnswer {
    const nodeEligible = this.isNodeEligible();
    return this.#answer(this.isHealthy() && nodeEligible, { nodeEligible });
  }

  /** `/livez`: for the kubelet, which must not restart what is healthy on a node that goes. */
  livez(): HealthAnswer {
    return this.#answer(this.isHealthy(), {});
  }

  /** `/readyz`: for rollouts, which must not go on past a node whose first sync never ends. */
  readyz(): HealthAnswer {
    const isSynced = [...this.#families.values()].every(({ updatedMs }) => updatedMs !== undefined);
    return { status: isSynced ? 200 : 503, body: this.livez().body };
  }

  #answer(isGood: boolean, more: { readonly nodeEligible?: boolean }): HealthAnswer {
    const now = new Date(this.#options.clock.wallMs()).toISOString();
    const updates = [...this.#families.values()].map(({ updatedMs }) => updatedMs);
    const latestMs = Math.max(...updates.filter((ms): ms is number => ms !== undefined));
    return {
      status: isGood ? 200 : 503,
      body: {
        // "Now" while all is well: a reader that compares the two is not to worry in a quiet cluster.
        lastUpdated: isGood ? now : timeText(Number.isFinite(latestMs) ? latestMs : undefined),
        currentTime: now,
        ...more,
        healthy: this.isHealthy(),
        status: Object.fromEntries([...this.#families].map((entry) => this.#statusOf(entry))),
      },
    };
  }

  #statusOf([family, state]: readonly [Family, FamilyState]): [string, unknown] {
    const status = { lastUpdated: timeText(state.updatedMs), healthy: !this.#isLate(state) };
    return [FAMILY_NAMES[family], status];
  }

  #isLate({ queuedMs, begunMs }: FamilyState): boolean {
    const { clock, lateMs } = this.#options;
    const sinceMs = begunMs ?? queuedMs;
    return sinceMs !== undefined && clock.nowMs() - sinceMs >= lateMs;
  }
}

function timeText(wallMs: number | undefined): string {
  return wallMs === undefined ? NEVER : new Date(wallMs).toISOString();
}
