/** Somebody else writes to what is ours: `ipvsadm` and `ip` in the hands of a person. */
import { familyOf } from "../../src/model/address.ts";
import { serviceId } from "../../src/model/virtual-service.ts";
import type { FakeKernel } from "../fakes/fake-kernel.ts";
import { destination, SETTINGS, tcp } from "../unit/plan/samples.ts";
import type { Random } from "./random.ts";

/** What was done, and the service ids and addresses that it may have disturbed. */
export interface Drift {
  readonly what: string;
  readonly subjects: readonly string[];
}

/** Does one such thing, but never to what is foreign. */
export function drift(kernel: FakeKernel, random: Random, foreign: ReadonlySet<string>): Drift {
  const { table } = kernel;
  const link = kernel.serviceLink;
  const bound = [...(link?.addresses ?? [])];
  const ours = [...table.entries()].filter(([id]) => !foreign.has(id));
  if (ours.length === 0 || bound.length === 0) return { what: "nothing", subjects: [] };
  const [id, { service, destinations }] = random.pick(ours);
  const { key } = service;
  const address = "mark" in key ? "" : key.address;
  const subjects = [id, address];
  switch (random.int(9)) {
    case 0:
      table.apply({ kind: "delete-service", key });
      return { what: `delete ${id}`, subjects };
    case 1:
      table.apply({ kind: "set-service", service: { key, settings: SETTINGS } });
      return { what: `reset ${id}`, subjects };
    case 2: {
      const one = [...destinations.values()][0];
      if (one) table.apply({ kind: "delete-destination", key, destination: one });
      return { what: `delete a destination of ${id}`, subjects };
    }
    case 3: {
      const host = familyOf(address) === "ipv6" ? "fd00:9::9" : "10.9.9.9";
      table.apply({ kind: "add-destination", key, destination: destination(host, 9) });
      return { what: `add a destination to ${id}`, subjects };
    }
    case 4: {
      const stray = tcp(random.pick(bound), 9_999);
      table.apply({ kind: "add-service", service: { key: stray, settings: SETTINGS } });
      return { what: `add ${serviceId(stray)}`, subjects: [serviceId(stray)] };
    }
    case 5: {
      const gone = random.pick(bound);
      link?.addresses.delete(gone);
      return { what: `unbind ${gone}`, subjects: [gone] };
    }
    case 6:
      kernel.filter.flushRuleset();
      return { what: "flush the ruleset", subjects: [] };
    case 7: {
      const element = random.pick([...(kernel.filter.held?.keys() ?? []), "nothing"]);
      kernel.filter.takeOut(element);
      return { what: `take out ${element}`, subjects: [] };
    }
    default:
      kernel.deleteLink();
      return { what: "delete the link", subjects: [] };
  }
}

/** Puts there what the agent finds at its first start, and what it has to leave alone for ever. */
export function addForeign(kernel: FakeKernel): void {
  const settings = { ...SETTINGS, scheduler: "wlc" };
  kernel.addForeign({ key: tcp("192.0.2.1", 80), settings }, [destination("10.9.0.1", 80)]);
  kernel.addForeign({ key: { mark: 7, family: "ipv4" }, settings }, []);
}
