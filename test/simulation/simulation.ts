/**
 * One random story of one node: the real agent over a fake kernel, with objects that change, calls that
 * fail, others that write, and an agent that dies and comes back. Everything follows from the seed.
 */
import { Agent } from "../../src/agent/agent.ts";
import { AUDIT_STEP_MS_MAX } from "../../src/agent/audit-pace.ts";
import { operationText } from "../../src/model/operation.ts";
import { serviceId } from "../../src/model/virtual-service.ts";
import { SURROUNDINGS } from "../fakes/agent-surroundings.ts";
import { capturedLog } from "../fakes/captured-log.ts";
import { FakeKernel } from "../fakes/fake-kernel.ts";
import { FakeSource } from "../fakes/fake-source.ts";
import { ManualClock } from "../fakes/manual-clock.ts";
import { AUDIT_PERIOD_MS, PLAN_OPTIONS } from "../unit/agent/node-under-test.ts";
import { Cluster, NODE_NAME, SCHEDULERS } from "./cluster.ts";
import { setConnections } from "./connections.ts";
import { differences, type Excused } from "./differences.ts";
import { addForeign, drift } from "./drift.ts";
import { type Desire, desireOf } from "./oracle.ts";
import { Random } from "./random.ts";
import { addressOf, changeText } from "./story-text.ts";
import { noTrouble, randomTrouble, type Trouble, UnreliableKernel } from "./unreliable-kernel.ts";
import { Watch } from "./watch.ts";

/** Long enough for every back-off, drain, audit round and question about schedulers. */
const SILENCE_MS = 1_000_000;

/** So small that few Services are a burst. */
const PORTION = { first: 2, min: 1, max: 3 };
/** Time at the end in which nothing may be written, and calls that the audit may make in it. */
const QUIET_MS = 60_000;
const QUIET_CALLS_MAX = 30;

/** One life of the agent. */
interface Life {
  readonly kernel: UnreliableKernel;
  readonly source: FakeSource;
  readonly agent: Agent;
  readonly end: AbortController;
  sawComplete: boolean;
}

/** The story of one seed. */
export class Simulation {
  /** What happened, for a person who looks into a failure. */
  readonly trace: string[] = [];
  readonly #random: Random;
  readonly #clock = new ManualClock();
  readonly #kernel = new FakeKernel();
  readonly #cluster: Cluster;
  readonly #trouble: Trouble = noTrouble();
  readonly #watch: Watch;
  /** What nothing tells from what others made once its address is gone: a removal that a death cut in
   * two, a virtual service that somebody added. */
  readonly #orphans = new Set<string>();
  #driftedMs = Number.NEGATIVE_INFINITY;
  #desire: Desire;
  #life: Life;

  constructor(seed: number) {
    this.#random = new Random(seed);
    this.#cluster = new Cluster(this.#random);
    this.#kernel.canProbeSchedulers = this.#random.chance(70);
    addForeign(this.#kernel);
    this.#watch = new Watch(this.#kernel);
    this.#kernel.refuse = (operation) => {
      const { kernel } = this.#life;
      this.#watch.before(operation, this.#life);
      if (kernel.cutsHere()) throw new Error("the call was cut");
      const refused = this.#random.chance(this.#trouble.refusedOperations);
      this.#trace(`  ${operationText(operation)}${refused ? ": refused" : ""}`);
      if (refused) this.#disturbAround(operation);
      return refused ? this.#random.pick(["ENOMEM", "EINVAL"]) : undefined;
    };
    this.#kernel.nodeAddresses.set(this.#cluster.addresses);
    this.#desire = desireOf(this.#cluster);
    this.#watch.expect(this.#desire);
    this.#life = this.#begin();
  }

  /** Runs the story to its end; returns what went against the rules, nothing when all is well. */
  async run(steps: number): Promise<readonly string[]> {
    const violations = this.#watch.violations;
    for (let step = 0; step < steps && violations.length === 0; step++) {
      this.#step();
      await this.#clock.advance(this.#random.pick([0, 1, 15, 300, 4_000, 40_000]));
      this.#watch.look("after a step");
      if (this.#isCalm()) this.#watch.settle();
    }
    if (violations.length === 0) await this.#becomeSilent();
    this.#life.end.abort();
    await this.#clock.settle();
    return violations;
  }

  #step(): void {
    const what = this.#random.int(100);
    if (what < 50) this.#changeCluster(1 + this.#random.int(3));
    else if (what < 55) this.#changeAddresses();
    else if (what < 65) this.#setTrouble();
    else if (what < 75) this.#restart();
    else if (what < 80) this.#changeSchedulers();
    else if (what < 88) this.#drift();
    else if (what < 94) setConnections(this.#kernel, () => this.#random.pick([0, 0, 3]));
    else this.#tellAll(true);
  }

  #begin(): Life {
    const source = new FakeSource();
    const shared = { clock: this.#clock, random: this.#random, trouble: this.#trouble };
    const kernel = new UnreliableKernel(this.#kernel, shared);
    const agent = new Agent({
      nodeName: NODE_NAME,
      source,
      kernel,
      clock: this.#clock,
      log: capturedLog().log,
      planOptions: PLAN_OPTIONS,
      auditPeriodMs: AUDIT_PERIOD_MS,
      onPass: () => undefined,
      ...SURROUNDINGS,
      portion: PORTION,
    });
    const end = new AbortController();
    const complete = this.#random.chance(70);
    this.#trace(`agent starts, picture ${complete ? "complete" : "partial"}`);
    for (const { key } of this.#kernel.table.services()) {
      const isBound = !("mark" in key) && this.#kernel.serviceLink?.addresses.has(key.address);
      if (!isBound) this.#orphans.add(serviceId(key));
    }
    source.tell({ kind: "replaced", picture: this.#cluster.picture(complete) });
    agent.run(end.signal).catch((error: unknown) => {
      this.#watch.violations.push(`the agent ended: ${String(error)}`);
    });
    return { kernel, source, agent, end, sawComplete: complete };
  }

  #restart(): void {
    this.#trace("agent is killed");
    this.#life.kernel.isDead = true;
    this.#life.end.abort();
    this.#life = this.#begin();
  }

  /** A partial picture is told of by whole pictures only, as the folder source does. */
  #changeCluster(count: number): void {
    const changes = Array.from({ length: count }, () => this.#cluster.change());
    for (const change of changes) this.#trace(changeText(change));
    this.#desire = desireOf(this.#cluster);
    this.#watch.expect(this.#desire);
    if (this.#life.sawComplete) this.#life.source.tell(...changes);
    else this.#tellAll(this.#random.chance(40));
  }

  /** All node ports move: what served the addresses that went may be without destinations meanwhile. */
  #changeAddresses(): void {
    this.#cluster.changeAddresses();
    this.#kernel.nodeAddresses.set(this.#cluster.addresses);
    this.#trace(`addresses ${this.#cluster.addresses.map(({ address }) => address).join(", ")}`);
    this.#desire = desireOf(this.#cluster);
    this.#watch.expect(this.#desire);
  }

  #tellAll(complete: boolean): void {
    const isComplete = complete || this.#life.sawComplete;
    this.#trace(`whole picture, ${isComplete ? "complete" : "partial"}`);
    this.#life.source.tell({ kind: "replaced", picture: this.#cluster.picture(isComplete) });
    this.#life.sawComplete = isComplete;
  }

  #setTrouble(): void {
    Object.assign(this.#trouble, randomTrouble(this.#random));
    this.#trace(`trouble ${JSON.stringify(this.#trouble)}`);
  }

  #changeSchedulers(): void {
    const { schedulers } = this.#kernel.table;
    const name = this.#random.pick(SCHEDULERS.filter((one) => one !== "leastcon"));
    if (!schedulers.delete(name)) schedulers.add(name);
    this.#trace(`scheduler ${name} ${schedulers.has(name) ? "comes" : "goes"}`);
    // A refusal for want of a scheduler is a refusal.
    for (const id of this.#desire.services.keys()) this.#disturbService(id);
  }

  #drift(): void {
    // Before its first pass an agent could not know that it was ours.
    if (this.#life.agent.status().lastPass === null) return;
    const { what, subjects } = drift(this.#kernel, this.#random, this.#watch.foreign);
    this.#trace(`somebody else: ${what}`);
    for (const subject of subjects) {
      this.#watch.disturb(subject);
      this.#orphans.add(subject);
    }
    this.#watch.restGuards();
    this.#driftedMs = this.#clock.nowMs();
  }

  /** The kernel is as desired, the agent knows of no trouble, and has seen what others did. */
  #isCalm(): boolean {
    if (this.#clock.nowMs() - this.#driftedMs <= AUDIT_STEP_MS_MAX) return false;
    const { failures, picture } = this.#life.agent.status();
    if (failures.length > 0 || picture !== "complete") return false;
    return differences(this.#kernel, this.#desire, this.#known()).length === 0;
  }

  #known(): Excused {
    return { foreign: this.#watch.foreign, orphans: this.#orphans };
  }

  #disturbAround(operation: object): void {
    if ("address" in operation) this.#watch.disturb(String(operation.address));
    for (const id of this.#desire.services.keys()) {
      if (JSON.stringify(operation).includes(addressOf(id))) this.#disturbService(id);
    }
  }

  #disturbService(id: string): void {
    this.#watch.disturb(id);
    this.#watch.disturb(addressOf(id));
  }

  /** No trouble, all schedulers, everything told: then the kernel has to become what is asked for. */
  async #becomeSilent(): Promise<void> {
    this.#trace("silence");
    Object.assign(this.#trouble, noTrouble());
    for (const name of SCHEDULERS) this.#kernel.table.schedulers.add(name);
    this.#kernel.table.schedulers.delete("leastcon");
    this.#tellAll(true);
    // Twice: the connections of a destination that went are found again when it is back.
    for (let half = 0; half < 2; half++) {
      setConnections(this.#kernel, () => 0);
      await this.#clock.advance(SILENCE_MS / 2);
    }
    this.#kernel.seen.length = 0;
    this.#kernel.calls.clear();
    await this.#clock.advance(QUIET_MS);
    const calls = [...this.#kernel.calls.values()].reduce((sum, count) => sum + count, 0);
    this.#watch.look("in silence");
    if (this.#kernel.messages > 0) this.#watch.violations.push("writes without end");
    if (calls > QUIET_CALLS_MAX) this.#watch.violations.push(`${calls} calls for nothing`);
    this.#watch.violations.push(...differences(this.#kernel, this.#desire, this.#known()));
    const { failures, draining, passes } = this.#life.agent.status();
    if (failures.length > 0) this.#watch.violations.push(`failures stand: ${passes} passes`);
    if (draining.length > 0) this.#watch.violations.push("drains without end");
  }

  #trace(what: string): void {
    this.trace.push(`${this.#clock.nowMs()} ms: ${what}`);
  }
}
