/** The scheduler and flags of a Service port. */
import { describe, expect, test } from "vitest";
import type { SchedulerChoice } from "../../../src/model/scheduler.ts";
import type { SchedulerFlag } from "../../../src/model/virtual-service.ts";
import {
  canDrain,
  chooseScheduler,
  requestedSchedulers,
  type SchedulerInput,
} from "../../../src/plan/scheduler-choice.ts";
import { service } from "./samples.ts";

const OURS = "kube-ipvs.io/scheduler";
const FLAGS = "kube-ipvs.io/scheduler-flags";
const THEIRS = "kube-router.io/service.scheduler";

function choose(
  annotations: Record<string, string>,
  parts: Partial<SchedulerInput> = {},
): { text: string; findings: string[] } {
  const { choice, findings } = chooseScheduler({
    service: service({ annotations }),
    portName: "http",
    defaultChoice: { scheduler: "rr", schedulerFlags: [] },
    hasScheduler: () => true,
    lastGood: () => undefined,
    ...parts,
  });
  return {
    text: [choice.scheduler, ...choice.schedulerFlags].join(" "),
    findings: findings.map(({ message }) => message),
  };
}

const chosen = (scheduler: string, ...schedulerFlags: SchedulerFlag[]): SchedulerChoice => ({
  scheduler,
  schedulerFlags,
});

describe("which annotation counts", () => {
  test.each`
    annotations                                      | scheduler
    ${{}}                                            | ${"rr"}
    ${{ [OURS]: "lc" }}                              | ${"lc"}
    ${{ [OURS]: "  WLC " }}                          | ${"wlc"}
    ${{ [THEIRS]: "sed" }}                           | ${"sed"}
    ${{ [THEIRS]: "sed", [OURS]: "lc" }}             | ${"lc"}
    ${{ [OURS]: "lc", [`${OURS}.http`]: "nq" }}      | ${"nq"}
    ${{ [OURS]: "lc", [`${OURS}.https`]: "nq" }}     | ${"lc"}
    ${{ [THEIRS]: "sed", [`${OURS}.http`]: "twos" }} | ${"twos"}
  `("$annotations makes $scheduler", ({ annotations, scheduler }) => {
    expect(choose(annotations)).toEqual({ text: scheduler, findings: [] });
  });
});

describe("a value that is no good", () => {
  const bad = { [OURS]: "lcc" };
  const missing = { hasScheduler: (name: string) => name !== "mh" };

  test("leaves what was in force, with its flags", () => {
    const lastGood = () => chosen("sh", "flag-2");
    expect(choose(bad, { lastGood }).text).toBe("sh flag-2");
    expect(choose({ [OURS]: "mh" }, { lastGood, ...missing }).text).toBe("sh flag-2");
  });

  test("gives a new virtual service the default", () => {
    expect(choose(bad, { defaultChoice: chosen("wrr") }).text).toBe("wrr");
    expect(choose({ [OURS]: "mh" }, missing).text).toBe("rr");
  });

  test("does not keep a virtual service without a scheduler", () => {
    expect(choose(bad, { lastGood: () => chosen("") }).text).toBe("rr");
  });

  test("is told with the nearest right word, all words, and what is in force", () => {
    expect(choose(bad, { lastGood: () => chosen("sed") }).findings).toEqual([
      '"lcc" is no scheduler (did you mean lc?). Allowed: rr, wrr, lc, wlc, lblc, lblcr, dh, sh, mh, ' +
        "sed, nq, fo, ovf, twos. sed is in force.",
    ]);
  });

  test("is told with what to do when only the kernel lacks it", () => {
    expect(choose({ [OURS]: "mh" }, missing).findings).toEqual([
      "This kernel has no scheduler mh: load it with `modprobe ip_vs_mh`, or choose another of " +
        "rr, wrr, lc, wlc, lblc, lblcr, dh, sh, mh, sed, nq, fo, ovf, twos. " +
        "It is looked for again every minute. rr is in force.",
    ]);
  });

  test("sounds the same when the Service is planned again, so that it is no news", () => {
    const first = choose({ [OURS]: "lcc" }).findings;
    expect(choose({ [OURS]: "lcc" }, { lastGood: () => chosen("rr") }).findings).toEqual(first);
  });

  test.each(["", "constructor", "toString", "x".repeat(100_000)])(
    "may be anything (%#) and is cut in the message",
    (value) => {
      const { text, findings } = choose({ [OURS]: value });
      expect(text).toBe("rr");
      expect(findings).toHaveLength(1);
      expect(findings[0]?.length).toBeLessThan(300);
    },
  );

  test("of the port does not fall back to the Service's", () => {
    const annotations = { [OURS]: "lc", [`${OURS}.http`]: "nope" };
    expect(choose(annotations, { lastGood: () => chosen("sed") }).text).toBe("sed");
  });
});

describe("flags", () => {
  test.each`
    annotations                                                               | text
    ${{ [OURS]: "sh" }}                                                       | ${"sh flag-1"}
    ${{ [OURS]: "mh" }}                                                       | ${"mh flag-1 flag-2"}
    ${{ [OURS]: "lc" }}                                                       | ${"lc"}
    ${{ [OURS]: "sh", [FLAGS]: "sh-port" }}                                   | ${"sh flag-2"}
    ${{ [OURS]: "sh", [FLAGS]: "sh-port,sh-fallback" }}                       | ${"sh flag-1 flag-2"}
    ${{ [OURS]: "sh", [FLAGS]: "SH-PORT , sh-port," }}                        | ${"sh flag-2"}
    ${{ [OURS]: "mh", [FLAGS]: "" }}                                          | ${"mh"}
    ${{ [OURS]: "sh", [FLAGS]: "sh-fallback", [`${FLAGS}.http`]: "sh-port" }} | ${"sh flag-2"}
  `("$annotations makes $text", ({ annotations, text }) => {
    expect(choose(annotations)).toEqual({ text, findings: [] });
  });

  test("those configured for the default scheduler go before the usual ones", () => {
    const defaultChoice = chosen("sh", "flag-2");
    expect(choose({}, { defaultChoice }).text).toBe("sh flag-2");
    expect(choose({ [OURS]: "sh" }, { defaultChoice }).text).toBe("sh flag-2");
    expect(choose({ [OURS]: "mh" }, { defaultChoice }).text).toBe("mh flag-1 flag-2");
    expect(choose({}, { defaultChoice: chosen("sh") }).text).toBe("sh flag-1");
  });

  test("one of another scheduler is left out, and told", () => {
    expect(choose({ [OURS]: "sh", [FLAGS]: "sh-port,mh-port" })).toEqual({
      text: "sh flag-2",
      findings: [
        "mh-port is not a flag of sh. Allowed with it: sh-fallback, sh-port. It is left out.",
      ],
    });
    expect(choose({ [FLAGS]: "sh-port" }).findings).toEqual([
      "sh-port is not a flag of rr. rr has no flags. It is left out.",
    ]);
  });

  test("with a misspelled one those in force stay", () => {
    const annotations = { [OURS]: "sh", [FLAGS]: "sh-prot,sh-fallback" };
    expect(choose(annotations, { lastGood: () => chosen("sh", "flag-2") })).toEqual({
      text: "sh flag-2",
      findings: [
        '"sh-prot" is no scheduler flag (did you mean sh-port?). Allowed: sh-fallback, sh-port, ' +
          "mh-fallback, mh-port. Flags in force for sh: sh-port.",
      ],
    });
    expect(choose(annotations, { lastGood: () => chosen("mh", "flag-2") }).text).toBe("sh flag-1");
    expect(choose(annotations).text).toBe("sh flag-1");
  });
});

test.each`
  choice                              | drains
  ${chosen("rr")}                     | ${true}
  ${chosen("twos")}                   | ${true}
  ${chosen("dh")}                     | ${false}
  ${chosen("sh")}                     | ${false}
  ${chosen("sh", "flag-2")}           | ${false}
  ${chosen("sh", "flag-1", "flag-2")} | ${true}
  ${chosen("mh", "flag-2")}           | ${false}
  ${chosen("mh", "flag-1")}           | ${true}
`("$choice can drain without refusing new clients: $drains", ({ choice, drains }) => {
  expect(canDrain(choice)).toBe(drains);
});

test("the schedulers that a Service asks for are those of all its annotations that exist", () => {
  const annotations = { [OURS]: "LC", [`${OURS}.http`]: "mh", [THEIRS]: "sed", [FLAGS]: "sh" };
  expect([...requestedSchedulers(service({ annotations }))].sort()).toEqual(["lc", "mh", "sed"]);
  expect(requestedSchedulers(service({ annotations: { [OURS]: "nope" } }))).toEqual([]);
});

describe("a default that the kernel lacks", () => {
  const mhByDefault = {
    defaultChoice: { scheduler: "mh", schedulerFlags: [] },
    hasScheduler: (name: string) => name !== "mh",
  };

  test("gives way to rr, and says so", () => {
    const { text, findings } = choose({}, mhByDefault);
    expect(text).toBe("rr");
    expect(findings).toEqual([
      expect.stringContaining("This kernel has no scheduler mh, the default"),
    ]);
  });

  test("leaves what a virtual service had", () => {
    expect(choose({}, { ...mhByDefault, lastGood: () => chosen("lc") }).text).toBe("lc");
  });

  test("does not matter to a Service that names another", () => {
    expect(choose({ [OURS]: "sed" }, mhByDefault)).toEqual({ text: "sed", findings: [] });
  });
});
