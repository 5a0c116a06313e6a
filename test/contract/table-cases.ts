/** The contract about whole batches, kernel facts, and asking for schedulers. */
import assert from "node:assert/strict";
import type { IpvsOperation } from "../../src/model/operation.ts";
import { SCHEDULER_NAMES, type SchedulerName } from "../../src/model/scheduler.ts";
import type { SocketKey } from "../../src/model/virtual-service.ts";
import type { ContractCase, WithKernel } from "./contract-case.ts";
import { codesOf, holdsServices, writeAll } from "./expectations.ts";
import { destinationAt, podAddress, serviceOf, socket, toAdd, WEB } from "./samples.ts";

/** All cases of this file. */
export function tableCases(withKernel: WithKernel): ContractCase[] {
  return [
    ...batchCases(withKernel),
    ...factCases(withKernel),
    ...schedulerCases(withKernel),
    manyServicesCase(withKernel),
  ];
}

function batchCases(withKernel: WithKernel): ContractCase[] {
  return [
    {
      name: "no operation is no failure",
      run: withKernel(async ({ ipvs }) => assert.deepEqual(await ipvs.write([]), [])),
    },
    {
      name: "1,200 operations keep their order, and each refusal has its own index",
      run: withKernel(async ({ ipvs }) => {
        const operations: IpvsOperation[] = toAdd(serviceOf(WEB), []);
        const wanted: [number, string][] = [];
        const add = (operation: IpvsOperation, code?: string): void => {
          if (code !== undefined) wanted.push([operations.length, code]);
          operations.push(operation);
        };
        for (let i = 0; i < 300; i++) {
          const destination = destinationAt(podAddress(i + 1));
          add({ kind: "add-destination", key: WEB, destination });
          // The same address again in each third group, in the same batch as the first.
          const again = i % 3 === 0;
          add(
            { kind: "add-destination", key: WEB, destination: again ? destination : other(i) },
            again ? "EEXIST" : undefined,
          );
          const absent = {
            kind: "set-destination",
            key: WEB,
            destination: destinationAt("10.9.9.9"),
          } as const;
          if (i % 50 === 0) add(absent, "ENOENT");
          else add({ ...absent, destination: { ...destination, weight: i } });
          if (i % 100 === 7)
            add(
              { kind: "add-destination", key: socket("tcp", "10.96.0.99", 1), destination },
              "ESRCH",
            );
          else
            add({ kind: "delete-destination", key: WEB, destination: destinationAt("10.8.8.8") });
        }
        // Far past the failures: still in order, and the last one counts too.
        add({ kind: "delete-service", key: socket("udp", "10.96.0.98", 1) });
        add({ kind: "add-service", service: serviceOf(WEB) }, "EEXIST");

        const failures = await ipvs.write(operations);

        assert.deepEqual(codesOf(failures), wanted);
        const [held] = await ipvs.destinations([WEB]);
        assert.equal(held?.length, 300 + 200);
        const weights = new Map(held?.map(({ address, weight }) => [address, weight]));
        assert.equal(weights.get(podAddress(1)), 1, "refused: the weight of adding stays");
        assert.equal(weights.get(podAddress(300)), 299);
      }),
    },
    {
      name: "a refusal names operation, object and errno",
      run: withKernel(async ({ ipvs }) => {
        const destination = destinationAt("10.1.0.1");
        const [failure] = await ipvs.write([{ kind: "add-destination", key: WEB, destination }]);
        assert.match(
          failure?.message ?? "",
          /add-destination tcp\/10\.96\.0\.10:80 10\.1\.0\.1:8080/,
        );
        assert.match(failure?.message ?? "", /ESRCH/);
      }),
    },
    {
      name: "what depends on a refused operation is refused, and the rest goes on",
      run: withKernel(async ({ ipvs }) => {
        const bad = serviceOf(socket("tcp", "10.96.0.20", 80), { scheduler: "nosuch" });
        const good = serviceOf(WEB);
        const failures = await ipvs.write([
          ...toAdd(bad, [destinationAt("10.1.0.1")]),
          ...toAdd(good, [destinationAt("10.1.0.1")]),
        ]);
        assert.deepEqual(codesOf(failures), [
          [0, "ENOENT"],
          [1, "ESRCH"],
        ]);
        await holdsServices(ipvs, [good]);
      }),
    },
    {
      name: "two writes at once both finish, each with its own failures",
      run: withKernel(async ({ ipvs }) => {
        const keys = [WEB, socket("udp", "10.96.0.10", 80)];
        const results = await Promise.all(
          keys.map((key) => {
            const service = serviceOf(key);
            return ipvs.write([
              ...toAdd(service, [destinationAt("10.1.0.1")]),
              { kind: "add-service", service },
            ]);
          }),
        );
        assert.deepEqual(results.map(codesOf), [[[2, "EEXIST"]], [[2, "EEXIST"]]]);
        await holdsServices(
          ipvs,
          keys.map((key) => serviceOf(key)),
        );
      }),
    },
  ];
}

function other(index: number): ReturnType<typeof destinationAt> {
  return destinationAt(podAddress(index + 1), { port: 9090 });
}

function factCases(withKernel: WithKernel): ContractCase[] {
  return [
    {
      name: "info has a version and the size of the connection table",
      run: withKernel(async ({ ipvs }) => {
        const info = await ipvs.info();
        assert.match(info.version, /^1\.\d+\.\d+$/);
        assert.equal(Math.log2(info.connectionTableSize) % 1, 0);
      }),
    },
    {
      name: "timeouts are set one by one: 0 keeps what is set",
      run: withKernel(async ({ ipvs }) => {
        const found = await ipvs.timeouts();
        await ipvs.setTimeouts({ tcpS: 1_234, tcpFinS: 0, udpS: 0 });
        assert.deepEqual(await ipvs.timeouts(), { ...found, tcpS: 1_234 });
        await ipvs.setTimeouts({ tcpS: 0, tcpFinS: 77, udpS: 88 });
        assert.deepEqual(await ipvs.timeouts(), { tcpS: 1_234, tcpFinS: 77, udpS: 88 });
        await ipvs.setTimeouts(found);
        assert.deepEqual(await ipvs.timeouts(), found);
      }),
    },
  ];
}

function schedulerCases(withKernel: WithKernel): ContractCase[] {
  return [
    {
      name: "a kernel with all schedulers has each of them, and asking leaves nothing behind",
      run: withKernel(async ({ ipvs }) => {
        for (const name of SCHEDULER_NAMES) assert.equal(await ipvs.hasScheduler(name), true, name);
        await holdsServices(ipvs, []);
      }),
    },
    {
      name: "a scheduler that does not exist is missing, and asking leaves nothing behind",
      run: withKernel(async ({ ipvs }) => {
        assert.equal(await ipvs.hasScheduler("nosuch" as SchedulerName), false);
        await holdsServices(ipvs, []);
      }),
    },
    {
      name: "asking for a scheduler leaves the services of this table as they are",
      run: withKernel(async ({ ipvs }) => {
        const services = [
          serviceOf(WEB),
          serviceOf({ mark: 1, family: "ipv6" }, { scheduler: "sh", schedulerFlags: ["flag-2"] }),
        ];
        await writeAll(
          ipvs,
          services.map((service) => ({ kind: "add-service", service })),
        );
        assert.equal(await ipvs.hasScheduler("wrr"), true);
        await holdsServices(ipvs, services);
      }),
    },
  ];
}

const SERVICES = 2_000;

function manyServicesCase(withKernel: WithKernel): ContractCase {
  return {
    name: `${SERVICES} services with a destination each are written and read back whole`,
    run: withKernel(async ({ ipvs }) => {
      const keys = Array.from(
        { length: SERVICES },
        (_, i): SocketKey => socket("tcp", `10.97.${i >> 8}.${i & 255}`, 80),
      );
      const services = keys.map((key) => serviceOf(key));
      await writeAll(
        ipvs,
        services.flatMap((service, i) => toAdd(service, [destinationAt(podAddress(i + 1))])),
      );
      await holdsServices(ipvs, services);
      const held = await ipvs.destinations(keys);
      assert.deepEqual(
        held.map((list) => list?.map(({ address }) => address)),
        keys.map((_, i) => [podAddress(i + 1)]),
      );
    }),
  };
}
