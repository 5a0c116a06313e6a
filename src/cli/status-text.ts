/** The text form of `kube-ipvs status`. Pure. */
import { sourceProblemText } from "../kube/change.ts";
import type { StatusView, VirtualServiceView } from "./status-view.ts";
import { tableText } from "./table.ts";

/** The whole page, sections without content left out. */
export function statusText(view: StatusView): string {
  return [
    agentText(view),
    servicesText(view),
    section(
      "Missing in the kernel",
      view.missing.map(({ service, id }) => `${service}  ${id}`),
    ),
    section("Refused by the kernel", failures(view)),
    section(
      "Findings",
      view.findings.map(
        ({ severity, service, field, message }) =>
          `${severity}  ${service}${field ? `  ${field}` : ""}\n      ${message}`,
      ),
    ),
    section("Problems of the source", (view.agent?.problems ?? []).map(sourceProblemText)),
  ]
    .filter((text) => text !== "")
    .join("\n");
}

function agentText({ agent }: StatusView): string {
  if (!agent) return "No agent answers: Service names, findings and drains are unknown.\n";
  return tableText([
    ["Node", agent.node],
    ["Agent", `up since ${agent.startedAt}; ${passesText(agent)}`],
    ["Objects", OBJECTS_TEXT[agent.picture]],
    ...missingSchedulers(agent.schedulers),
  ]);
}

type AgentView = NonNullable<StatusView["agent"]>;

const OBJECTS_TEXT = {
  none: "not read yet: nothing is written until they are",
  partial: "some cannot be read: nothing is removed from the kernel until they can (see below)",
  complete: "all read",
} as const satisfies Record<AgentView["picture"], string>;

function passesText({ passes, lastPass }: AgentView): string {
  if (!lastPass) return "no pass has finished yet";
  const { applied, tookMs } = lastPass;
  const did = applied === 0 ? "had nothing to write" : `wrote ${counted(applied, "change")}`;
  return `${counted(passes, "pass", "passes")}, the last one ${did} and took ${tookMs.toFixed(1)} ms`;
}

function missingSchedulers(schedulers: AgentView["schedulers"]): string[][] {
  const names = Object.keys(schedulers).filter((name) => schedulers[name] === "missing");
  return names.length > 0 ? [["Kernel", `has no scheduler ${names.join(", ")}`]] : [];
}

function counted(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}

function servicesText({ agent, virtualServices: services }: StatusView): string {
  if (services.length === 0) return "No virtual services in the kernel.\n";
  const rows: string[][] = [
    ["SERVICE", "PORT", "VIRTUAL SERVICE", "SCHEDULER", "WEIGHT", "ACTIVE", "INACTIVE", "NOTE"],
  ];
  for (const service of services) {
    const scheduler = [service.scheduler, ...service.flags].join(" ");
    rows.push([
      service.service || (agent ? "(no Service)" : "(unknown)"),
      service.port || "-",
      service.id,
      scheduler,
      "",
      "",
      "",
      noteOf(service, agent !== null),
    ]);
    for (const { destination, weight, active, inactive, drain } of service.destinations) {
      rows.push(["", "", `  ${destination}`, "", `${weight}`, `${active}`, `${inactive}`, drain]);
    }
  }
  return tableText(rows);
}

function noteOf(
  { bound, destinations, service }: VirtualServiceView,
  agentAnswers: boolean,
): string {
  if (!bound && !agentAnswers) return "address not on kube-ipvs0";
  if (!bound) return service ? "address not on kube-ipvs0: it gets no traffic" : "made by others";
  if (!service && agentAnswers) return "no Service asks for it";
  return destinations.length === 0 ? "no endpoints: connections are refused" : "";
}

function failures({ agent }: StatusView): string[] {
  return (agent?.failures ?? []).map(
    ({ operation, message, attempts, retryInMs }) =>
      `${operation}\n      ${message}; tried ${counted(attempts, "time")}, again in ${Math.ceil(retryInMs / 1_000)} s`,
  );
}

function section(title: string, lines: readonly string[]): string {
  if (lines.length === 0) return "";
  return `${title}:\n${lines.map((line) => `  ${line}\n`).join("")}`;
}
