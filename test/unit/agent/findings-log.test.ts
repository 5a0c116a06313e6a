/** What is said of findings: each once, few of one Service, and nothing is looked at that did not change. */
import { expect, test } from "vitest";
import { FindingsLog } from "../../../src/agent/findings-log.ts";
import type { Finding } from "../../../src/model/finding.ts";
import { NO_OBSERVER } from "../../../src/observe/agent-observer.ts";
import { FINDINGS_OF_ONE_SERVICE_MAX } from "../../../src/plan/bounded-findings.ts";
import { PlanIndex } from "../../../src/plan/index-of-plans.ts";
import { capturedLog, LEVEL } from "../../fakes/captured-log.ts";
import { plan, planned, tcp } from "../plan/samples.ts";

const PORTS = 1_000;

/** An index that counts the Services whose findings are asked for. */
class CountingIndex extends PlanIndex {
  asked: string[] = [];

  override findings(name: string): readonly Finding[] {
    this.asked.push(name);
    return super.findings(name);
  }

  takeAsked(): readonly string[] {
    const asked = this.asked;
    this.asked = [];
    return asked;
  }
}

function opened() {
  const index = new CountingIndex();
  const { log, lines } = capturedLog();
  const findings = new FindingsLog(index, log, NO_OBSERVER);
  return { index, findings, lines };
}

/** A Service that wants so many ports of one address. */
function wide(name: string, createdMs: number, ports = PORTS) {
  const keys = Array.from({ length: ports }, (_, port) => tcp("203.0.113.9", port + 1));
  const services = keys.map((key) => planned(key, []));
  return plan(name, services, { createdMs });
}

test("thousands of lost conflicts are few lines, and the rest is counted", () => {
  const { index, findings, lines } = opened();
  index.set("x/a", wide("x/a", 1));
  index.set("x/b", wide("x/b", 2));
  findings.report(["x/a", "x/b"]);
  const warnings = lines.filter(({ level }) => level === LEVEL.warn);
  expect(warnings).toHaveLength(FINDINGS_OF_ONE_SERVICE_MAX + 1);
  expect(warnings.at(-1)?.msg).toMatch(
    new RegExp(`^And ${PORTS - FINDINGS_OF_ONE_SERVICE_MAX} more; the next one: tcp/203`),
  );
  index.set("x/a", undefined);
  findings.report(["x/a"]);
  expect(lines.filter(({ level }) => level === LEVEL.info)).toHaveLength(warnings.length);
});

test("a pass that changes another Service looks at that one only", () => {
  const { index, findings, lines } = opened();
  index.set("x/a", wide("x/a", 1));
  index.set("x/b", wide("x/b", 2));
  findings.report(["x/a", "x/b"]);
  const said = lines.length;
  index.takeAsked();
  index.set("y/good", plan("y/good", []));
  findings.report(["y/good"]);
  expect(index.takeAsked()).toEqual(["y/good"]);
  // The holder is planned again, and still has all of it.
  index.set("x/a", wide("x/a", 1));
  findings.report(["x/a"]);
  expect(index.takeAsked()).toEqual(["x/a"]);
  expect(lines).toHaveLength(said);
});

test("the loser is told when another one takes what it wanted, and when it gets it", () => {
  const { index, findings, lines } = opened();
  const said = () => lines.splice(0).map(({ service, msg }) => `${service} ${msg}`);
  index.set("x/b", wide("x/b", 2, 1));
  index.set("x/c", wide("x/c", 3, 1));
  findings.report(["x/b", "x/c"]);
  expect(said()).toEqual([expect.stringMatching("x/c tcp/203.0.113.9:1 is held by .* x/b,")]);
  index.set("x/a", wide("x/a", 1, 1));
  findings.report(["x/a"]);
  expect(said()).toEqual([
    expect.stringMatching("x/b .* is held by the Service x/a,"),
    expect.stringMatching("x/c .* is held by the Service x/a,"),
    "x/c no longer so: a finding is gone",
  ]);
  index.set("x/a", undefined);
  index.set("x/c", undefined);
  findings.report(["x/a", "x/c"]);
  expect(said()).toEqual([
    "x/c no longer so: a finding is gone",
    "x/b no longer so: a finding is gone",
  ]);
});
