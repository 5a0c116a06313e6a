/** The contract about `kube-ipvs0`: making it, its addresses, and losing it. */
import assert from "node:assert/strict";
import { HostError } from "../../src/host/host-error.ts";
import type { ServiceInterface } from "../../src/host/service-interface.ts";
import type { AddressOperation } from "../../src/model/operation.ts";
import type { ContractCase, WithKernel } from "./contract-case.ts";
import { codesOf } from "./expectations.ts";

const BOTH = ["10.96.0.10", "fd00:96::a"];

function add(address: string): AddressOperation {
  return { kind: "add-address", address };
}

function remove(address: string): AddressOperation {
  return { kind: "delete-address", address };
}

async function writeAll(
  link: ServiceInterface,
  operations: readonly AddressOperation[],
): Promise<void> {
  assert.deepEqual(await link.write(operations), []);
}

async function holds(link: ServiceInterface, wanted: readonly string[]): Promise<void> {
  const held = await link.addresses();
  assert.deepEqual(held?.toSorted(), wanted.toSorted());
}

/** All cases of this file. */
export function linkCases(withKernel: WithKernel): ContractCase[] {
  return [...linkLifeCases(withKernel), ...addressCases(withKernel), thousandCase(withKernel)];
}

function linkLifeCases(withKernel: WithKernel): ContractCase[] {
  return [
    {
      name: "the link is created once, and has no addresses then",
      run: withKernel(async ({ link }) => {
        assert.equal(await link.addresses(), undefined);
        assert.equal(await link.ensure(), "created");
        assert.equal(await link.ensure(), "present");
        assert.deepEqual(await link.addresses(), []);
      }),
    },
    {
      name: "two that create the link at once both succeed",
      run: withKernel(async ({ link }) => {
        const outcomes = await Promise.all([link.ensure(), link.ensure()]);
        assert.ok(outcomes.includes("created"));
        assert.deepEqual(await link.addresses(), []);
      }),
    },
    {
      name: "a link of another kind is refused by name of its kind, whatever is asked",
      run: withKernel(async ({ link, addForeignLink }) => {
        const kind = await addForeignLink();
        const refused = (err: unknown): boolean => {
          assert.ok(err instanceof HostError, String(err));
          assert.equal(err.code, "WRONG_LINK_KIND");
          assert.match(err.message, new RegExp(`kube-ipvs0.*${kind}`));
          return true;
        };
        await assert.rejects(link.ensure(), refused);
        await assert.rejects(link.addresses(), refused);
        await assert.rejects(link.write(BOTH.map(add)), refused);
      }),
    },
    {
      name: "addresses of a link that is gone: adding is ENODEV, removing succeeds",
      run: withKernel(async ({ link, deleteLink }) => {
        assert.deepEqual(codesOf(await link.write(BOTH.map(add))), [
          [0, "ENODEV"],
          [1, "ENODEV"],
        ]);
        await link.ensure();
        await writeAll(link, BOTH.map(add));
        await deleteLink();
        assert.deepEqual(codesOf(await link.write([...BOTH.map(add), ...BOTH.map(remove)])), [
          [0, "ENODEV"],
          [1, "ENODEV"],
        ]);
        assert.equal(await link.addresses(), undefined);
      }),
    },
    {
      name: "a link that was deleted and made again by others is found again",
      run: withKernel(async ({ link, deleteLink }) => {
        await link.ensure();
        await writeAll(link, BOTH.map(add));
        await deleteLink();
        assert.equal(await link.ensure(), "created");
        await holds(link, []);
        await writeAll(link, BOTH.map(add));
        await holds(link, BOTH);
      }),
    },
  ];
}

function addressCases(withKernel: WithKernel): ContractCase[] {
  return [
    {
      name: "addresses of both families are added and removed",
      run: withKernel(async ({ link }) => {
        await link.ensure();
        await writeAll(link, []);
        await writeAll(link, BOTH.map(add));
        await holds(link, BOTH);
        await writeAll(link, BOTH.map(remove));
        await holds(link, []);
      }),
    },
    {
      name: "adding what is present and removing what is absent succeed",
      run: withKernel(async ({ link }) => {
        await link.ensure();
        await writeAll(link, BOTH.map(remove));
        await writeAll(link, [...BOTH, ...BOTH].map(add));
        await writeAll(link, BOTH.map(add));
        await holds(link, BOTH);
        await writeAll(link, [...BOTH, ...BOTH].map(remove));
        await holds(link, []);
      }),
    },
    {
      name: "a refused address keeps its index, and the others are added",
      run: withKernel(async ({ link }) => {
        await link.ensure();
        const failures = await link.write(["10.96.0.1", "ff02::1", "10.96.0.2"].map(add));
        assert.deepEqual(codesOf(failures), [[1, "EADDRNOTAVAIL"]]);
        assert.match(failures[0]?.message ?? "", /add-address ff02::1.*EADDRNOTAVAIL/);
        await holds(link, ["10.96.0.1", "10.96.0.2"]);
      }),
    },
  ];
}

const ADDRESSES = 1_000;

function thousandCase(withKernel: WithKernel): ContractCase {
  return {
    name: `${ADDRESSES} addresses of each family are bound, read and half of them removed`,
    run: withKernel(async ({ link }) => {
      await link.ensure();
      const all = Array.from({ length: ADDRESSES }, (_, i) => [
        `10.98.${i >> 8}.${i & 255}`,
        `fd00:98::${(i + 1).toString(16)}`,
      ]).flat();
      await writeAll(link, all.map(add));
      await holds(link, all);
      await writeAll(link, all.slice(0, ADDRESSES).map(remove));
      await holds(link, all.slice(ADDRESSES));
    }),
  };
}
