/** The contract about virtual services: keys, settings, and what is refused. */
import assert from "node:assert/strict";
import { SCHEDULER_NAMES } from "../../src/model/scheduler.ts";
import type {
  SchedulerFlag,
  ServiceKey,
  ServiceSettings,
} from "../../src/model/virtual-service.ts";
import type { ContractCase, WithKernel } from "./contract-case.ts";
import { holdsServices, refusalOf, writeAll } from "./expectations.ts";
import { destinationAt, serviceOf, socket, toAdd, WEB } from "./samples.ts";

const KEYS: readonly [string, ServiceKey][] = [
  ["TCP", WEB],
  ["UDP", socket("udp", "10.96.0.10", 53)],
  ["SCTP", socket("sctp", "10.96.0.10", 38412)],
  ["port 65535", socket("tcp", "10.96.0.11", 65_535)],
  ["IPv6 TCP", socket("tcp", "fd00:96::a", 443)],
  ["IPv6 UDP", socket("udp", "fd00:96::a", 53)],
  ["IPv6 SCTP", socket("sctp", "fd00:96::1:0:a", 38412)],
  ["firewall mark", { mark: 256, family: "ipv4" }],
  ["IPv6 firewall mark", { mark: 256, family: "ipv6" }],
  ["the greatest firewall mark", { mark: 2 ** 32 - 1, family: "ipv4" }],
];

const FLAG_SETS: readonly (readonly SchedulerFlag[])[] = [
  ["flag-1"],
  ["flag-2"],
  ["flag-3"],
  ["flag-1", "flag-2"],
  ["flag-1", "flag-2", "flag-3"],
];

const SETTINGS: readonly [string, ServiceKey, Partial<ServiceSettings>][] = [
  ["no scheduler", WEB, { scheduler: "" }],
  ["one-packet scheduling", socket("udp", "10.96.0.10", 53), { onePacket: true }],
  ...FLAG_SETS.map((schedulerFlags): [string, ServiceKey, Partial<ServiceSettings>] => [
    `scheduler flags ${schedulerFlags.join()}`,
    WEB,
    { scheduler: "sh", schedulerFlags },
  ]),
  ["affinity by address", WEB, affinity(10_800, 32)],
  ["affinity by /24", WEB, affinity(1, 24)],
  ["affinity by /1", WEB, affinity(300, 1)],
  ["affinity of the longest time", WEB, affinity(86_400, 32)],
  ["IPv6 affinity by address", socket("tcp", "fd00:96::a", 80), affinity(10_800, 128)],
  ["IPv6 affinity by /64", socket("tcp", "fd00:96::a", 80), affinity(60, 64)],
  ["affinity of a mark", { mark: 7, family: "ipv4" }, affinity(60, 16)],
  ["affinity of an IPv6 mark", { mark: 7, family: "ipv6" }, affinity(60, 48)],
];

function affinity(timeoutS: number, prefixLength: number): Partial<ServiceSettings> {
  return { persistence: { timeoutS, prefixLength, engine: "" } };
}

/** All cases of this file. */
export function serviceCases(withKernel: WithKernel): ContractCase[] {
  return [
    ...readBackCases(withKernel),
    ...KEYS.map(([what, key]) => ({
      name: `a ${what} service lives: added, refused when added again, changed, deleted`,
      run: withKernel(async ({ ipvs }) => {
        const service = serviceOf(key);
        const changed = serviceOf(key, { scheduler: "lc" });
        await writeAll(ipvs, [{ kind: "add-service", service }]);
        await holdsServices(ipvs, [service]);
        assert.equal(await refusalOf(ipvs, { kind: "add-service", service }), "EEXIST");
        await writeAll(ipvs, [{ kind: "set-service", service: changed }]);
        await holdsServices(ipvs, [changed]);
        await writeAll(ipvs, [{ kind: "delete-service", key }]);
        await holdsServices(ipvs, []);
      }),
    })),
    {
      name: "all kinds of keys stand beside each other",
      run: withKernel(async ({ ipvs }) => {
        const services = KEYS.map(([, key]) => serviceOf(key));
        await writeAll(
          ipvs,
          services.map((service) => ({ kind: "add-service", service })),
        );
        await holdsServices(ipvs, services);
      }),
    },
    ...SETTINGS.map(([what, key, settings]) => ({
      name: `${what} is kept on adding, and can be set and taken back in place`,
      run: withKernel(async ({ ipvs }) => {
        const plain = serviceOf(key);
        const special = serviceOf(key, settings);
        await writeAll(ipvs, [{ kind: "add-service", service: special }]);
        await holdsServices(ipvs, [special]);
        await writeAll(ipvs, [{ kind: "set-service", service: plain }]);
        await holdsServices(ipvs, [plain]);
        await writeAll(ipvs, [{ kind: "set-service", service: special }]);
        await holdsServices(ipvs, [special]);
      }),
    })),
    {
      name: "each of the 14 schedulers is set in place, destinations untouched",
      run: withKernel(async ({ ipvs }) => {
        const destinations = [destinationAt("10.1.0.1"), destinationAt("10.1.0.2")];
        await writeAll(ipvs, toAdd(serviceOf(WEB), destinations));
        assert.equal(SCHEDULER_NAMES.length, 14);
        for (const scheduler of SCHEDULER_NAMES) {
          const service = serviceOf(WEB, { scheduler });
          await writeAll(ipvs, [{ kind: "set-service", service }]);
          await holdsServices(ipvs, [service]);
          const [held] = await ipvs.destinations([WEB]);
          assert.deepEqual(held?.map(({ address }) => address).sort(), ["10.1.0.1", "10.1.0.2"]);
        }
      }),
    },
    ...refusedCases(withKernel),
  ];
}

function readBackCases(withKernel: WithKernel): ContractCase[] {
  return [
    {
      name: "an empty table is an empty list",
      run: withKernel(async ({ ipvs }) => {
        assert.deepEqual(await ipvs.services(), []);
        assert.deepEqual(await ipvs.destinations([]), []);
      }),
    },
    {
      name: "each service is shown once, as the list has it",
      run: withKernel(async ({ ipvs }) => {
        await writeAll(
          ipvs,
          [WEB, socket("udp", "10.96.0.10", 53)].map((key) => ({
            kind: "add-service",
            service: serviceOf(key),
          })),
        );
        const shown: unknown[] = [];
        await ipvs.eachService(({ key, settings }) => shown.push({ key, settings }));
        const listed = (await ipvs.services()).map(({ key, settings }) => ({ key, settings }));
        assert.equal(listed.length, 2);
        assert.deepEqual(shown, listed);
      }),
    },
    {
      name: "a new service has counted nothing, in 64 bits",
      run: withKernel(async ({ ipvs }) => {
        await writeAll(ipvs, [{ kind: "add-service", service: serviceOf(WEB) }]);
        const [service] = await ipvs.services();
        assert.deepEqual([...new Set(Object.values(service?.traffic() ?? {}))], [0n]);
        assert.equal(Object.keys(service?.traffic() ?? {}).length, 10);
      }),
    },
  ];
}

function refusedCases(withKernel: WithKernel): ContractCase[] {
  const unknown = serviceOf(WEB, { scheduler: "nosuch" });
  return [
    {
      name: "setting an absent service is ESRCH and makes nothing",
      run: withKernel(async ({ ipvs }) => {
        const operation = { kind: "set-service", service: serviceOf(WEB) } as const;
        assert.equal(await refusalOf(ipvs, operation), "ESRCH");
        await holdsServices(ipvs, []);
      }),
    },
    {
      name: "deleting an absent service succeeds",
      run: withKernel(({ ipvs }) => writeAll(ipvs, [{ kind: "delete-service", key: WEB }])),
    },
    {
      name: "a scheduler that this kernel lacks is ENOENT, and what was set stays",
      run: withKernel(async ({ ipvs }) => {
        assert.equal(await refusalOf(ipvs, { kind: "add-service", service: unknown }), "ENOENT");
        await holdsServices(ipvs, []);
        await writeAll(ipvs, [{ kind: "add-service", service: serviceOf(WEB) }]);
        assert.equal(await refusalOf(ipvs, { kind: "set-service", service: unknown }), "ENOENT");
        await holdsServices(ipvs, [serviceOf(WEB)]);
      }),
    },
    {
      name: "a persistence engine that this kernel lacks is ENOENT",
      run: withKernel(async ({ ipvs }) => {
        const persistence = { timeoutS: 60, prefixLength: 32, engine: "nosuch" };
        const service = serviceOf(WEB, { persistence });
        assert.equal(await refusalOf(ipvs, { kind: "add-service", service }), "ENOENT");
      }),
    },
    {
      name: "IPv6 affinity by a prefix of 0 or 129 bits is EINVAL",
      run: withKernel(async ({ ipvs }) => {
        for (const prefixLength of [0, 129]) {
          const service = serviceOf(socket("tcp", "fd00:96::a", 80), affinity(60, prefixLength));
          assert.equal(await refusalOf(ipvs, { kind: "add-service", service }), "EINVAL");
        }
      }),
    },
    {
      name: "deleting a service takes its destinations along, and adding it again starts empty",
      run: withKernel(async ({ ipvs }) => {
        await writeAll(ipvs, toAdd(serviceOf(WEB), [destinationAt("10.1.0.1")]));
        await writeAll(ipvs, [{ kind: "delete-service", key: WEB }]);
        assert.deepEqual(await ipvs.destinations([WEB]), [undefined]);
        await writeAll(ipvs, [{ kind: "add-service", service: serviceOf(WEB) }]);
        assert.deepEqual(await ipvs.destinations([WEB]), [[]]);
      }),
    },
  ];
}
