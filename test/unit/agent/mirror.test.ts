/** The mirror: what it believes after operations and dumps, and that it changes no plan. */
import { expect, test } from "vitest";
import { Mirror } from "../../../src/agent/mirror.ts";
import { destination, planned, SETTINGS, tcp } from "../plan/samples.ts";

const KEY = tcp("10.96.0.10", 80);
const ID = "tcp/10.96.0.10:80";
const A = destination("10.1.0.1", 8080);
const B = destination("10.1.0.2", 8080);

test("a plan's destinations are shared until one changes, and the plan never changes", () => {
  const wanted = planned(KEY, [A]);
  const mirror = new Mirror();
  mirror.loadPlanned(wanted);
  expect(mirror.entry(ID)?.destinations).toBe(wanted.destinations);
  mirror.apply({ kind: "add-destination", key: KEY, destination: B });
  mirror.apply({ kind: "set-destination", key: KEY, destination: { ...A, weight: 0 } });
  mirror.apply({ kind: "delete-destination", key: KEY, destination: A });
  expect([...wanted.destinations.values()]).toEqual([A]);
  expect([...(mirror.entry(ID)?.destinations.values() ?? [])]).toEqual([B]);
});

test("destinations of a virtual service that it does not know are ignored", () => {
  const mirror = new Mirror();
  mirror.apply({ kind: "add-destination", key: KEY, destination: A });
  mirror.apply({ kind: "set-service", service: { key: KEY, settings: SETTINGS } });
  expect(mirror.entry(ID)).toBeUndefined();
  expect(mirror.serviceCount).toBe(0);
});

test("settings change in place, and destinations stay", () => {
  const mirror = new Mirror();
  mirror.load({ key: KEY, settings: SETTINGS }, [A]);
  const settings = { ...SETTINGS, scheduler: "lc" };
  mirror.apply({ kind: "set-service", service: { key: KEY, settings } });
  expect(mirror.entry(ID)?.service.settings.scheduler).toBe("lc");
  mirror.loadSettings({ key: KEY, settings: SETTINGS });
  expect(mirror.entry(ID)?.service.settings.scheduler).toBe("rr");
  expect(mirror.entry(ID)?.destinations.size).toBe(1);
});

test("an address has a virtual service until its last one goes", () => {
  const mirror = new Mirror();
  const other = tcp("10.96.0.10", 81);
  mirror.load({ key: KEY, settings: SETTINGS }, []);
  mirror.load({ key: KEY, settings: SETTINGS }, [A]);
  mirror.apply({ kind: "add-service", service: { key: other, settings: SETTINGS } });
  mirror.forget(ID);
  mirror.forget(ID);
  expect(mirror.hasServiceOn("10.96.0.10")).toBe(true);
  mirror.apply({ kind: "delete-service", key: other });
  expect(mirror.hasServiceOn("10.96.0.10")).toBe(false);
});

test("a virtual service of a mark is on no address", () => {
  const mirror = new Mirror();
  mirror.load({ key: { mark: 7, family: "ipv4" }, settings: SETTINGS }, []);
  expect([...mirror.ids()]).toEqual(["mark/7/ipv4"]);
  mirror.forget("mark/7/ipv4");
  expect(mirror.serviceCount).toBe(0);
});

test("addresses come and go by operations, and a dump replaces them", () => {
  const mirror = new Mirror();
  mirror.apply({ kind: "add-address", address: "10.96.0.1" });
  mirror.apply({ kind: "add-address", address: "10.96.0.2" });
  mirror.apply({ kind: "delete-address", address: "10.96.0.1" });
  expect([...mirror.addresses()]).toEqual(["10.96.0.2"]);
  mirror.loadAddresses(["10.96.0.3"]);
  expect([...mirror.addresses()]).toEqual(["10.96.0.3"]);
});
