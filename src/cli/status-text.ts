/** The text form of `kube-ipvs status`. Pure. */
import { sourceProblemText } from "../kube/change.ts";
import type { StatusView, VirtualServiceView } from "./status-view.ts";
import { tableText } from "./table.ts";

/** The whole page, sections without content left out. */
export function statusText(view: StatusView): string {
  return [
    agentText(view),
    servicesText(view.virtualServices),
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
  const last = agent.lastPass
    ? `last pass ${agent.lastPass.applied} operations in ${agent.lastPass.tookMs.toFixed(1)} ms`
    : "no pass yet";
  const missing = Object.entries(agent.schedulers)
    .filter(([, support]) => support === "missing")
    .map(([name]) => name);
  const lacks = missing.length > 0 ? `  kernel lacks ${missing.join(", ")}` : "";
  return `node ${agent.node}  up since ${agent.startedAt}  objects ${agent.picture}  passes ${agent.passes}, ${last}${lacks}\n`;
}

function servicesText(services: readonly VirtualServiceView[]): string {
  if (services.length === 0) return "No virtual services.\n";
  const rows: string[][] = [
    ["SERVICE", "PORT", "VIRTUAL SERVICE", "SCHEDULER", "WEIGHT", "ACTIVE", "INACTIVE", "NOTE"],
  ];
  for (const service of services) {
    const scheduler = [service.scheduler, ...service.flags].join(" ");
    rows.push([
      service.service || "(no Service)",
      service.port || "-",
      service.id,
      scheduler,
      "",
      "",
      "",
      noteOf(service),
    ]);
    for (const { destination, weight, active, inactive, drain } of service.destinations) {
      rows.push(["", "", `  ${destination}`, "", `${weight}`, `${active}`, `${inactive}`, drain]);
    }
  }
  return tableText(rows);
}

function noteOf({ bound, destinations, service }: VirtualServiceView): string {
  if (!service) return bound ? "" : "made by others";
  if (!bound) return "address not bound";
  return destinations.length === 0 ? "no endpoints" : "";
}

function failures({ agent }: StatusView): string[] {
  return (agent?.failures ?? []).map(
    ({ operation, message, attempts, retryInMs }) =>
      `${operation}\n      ${message}; tried ${attempts} times, again in ${Math.ceil(retryInMs / 1_000)} s`,
  );
}

function section(title: string, lines: readonly string[]): string {
  if (lines.length === 0) return "";
  return `${title}:\n${lines.map((line) => `  ${line}\n`).join("")}`;
}
