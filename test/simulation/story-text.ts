/** Words for the trace of a simulation: short, and enough to follow the story. */
import type { Change } from "../../src/kube/change.ts";

/** One change, a line. */
export function changeText(change: Change): string {
  switch (change.kind) {
    case "replaced":
      return "whole picture";
    case "circumstances":
      return "circumstances";
    case "node":
      return `node: zone ${change.value?.zone ?? ""}`;
    case "service": {
      const { value, name } = change;
      if (!value) return `service ${name} goes`;
      const ports = value.ports.map(({ protocol, port }) => `${protocol}:${port}`).join();
      const age = `created ${value.createdMs}`;
      return `service ${name} ${value.clusterAddresses.join()} ${ports} ${age} ${JSON.stringify(value.annotations)}`;
    }
    default: {
      const { value, name } = change;
      const endpoints = value?.endpoints.map(
        ({ address, ready, serving }) => `${address}${ready ? "" : serving ? " serving" : " out"}`,
      );
      return `slice ${name} ${endpoints ? `[${endpoints.join(", ")}]` : "goes"}`;
    }
  }
}

/** `tcp/10.96.0.1:80` -> `10.96.0.1`. */
export function addressOf(id: string): string {
  return id
    .replace(/^\w+\//, "")
    .replace(/:\d+$/, "")
    .replaceAll(/[[\]]/g, "");
}
