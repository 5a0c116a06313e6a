/** Flows of UDP forgotten by the agent's own client, on the real kernel. */
import { openConntrack } from "../../src/conntrack/conntrack-client.ts";
import type { ForgetFlows } from "../../src/model/flows.ts";
import type { End } from "../fakes/conntrack-entry.ts";

/** To forget what goes to `frontend`, as far as it went on to `backend`, where there is one. */
export function forget(frontend: End, backend?: End): ForgetFlows {
  return {
    kind: "forget-flows",
    protocol: "udp",
    frontend: { address: frontend[0], port: frontend[1] },
    backend: backend && { address: backend[0], port: backend[1] },
  };
}

/** How many entries went. */
export async function forgotten(...operations: readonly ForgetFlows[]): Promise<number> {
  const conntrack = openConntrack();
  try {
    return await conntrack.forget(operations);
  } finally {
    conntrack.close();
  }
}
