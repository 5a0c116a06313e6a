/** Open connections of the destinations that a fake kernel holds. */
import type { FakeKernel } from "../fakes/fake-kernel.ts";

/** Gives each destination as many active ones as `count` says. */
export function setConnections({ table }: FakeKernel, count: () => number): void {
  for (const { service, destinations } of table.entries().values()) {
    for (const one of destinations.values()) {
      const connections = { active: count(), inactive: 0, persistent: 0 };
      table.setConnections(service.key, one, connections);
    }
  }
}
