/**
 * The contract of `Ipvs` and `ServiceInterface`: one suite that runs against the fake kernel in every
 * test run and against a real kernel in the lab, so that the fake cannot drift from the truth.
 */
import assert from "node:assert/strict";
import type { ContractCase, OpenKernel, WithKernel } from "./contract-case.ts";
import { Coverage } from "./coverage.ts";
import { destinationCases } from "./destination-cases.ts";
import { linkCases } from "./link-cases.ts";
import { serviceCases } from "./service-cases.ts";
import { tableCases } from "./table-cases.ts";

/** All cases, in order. `open` gives an empty kernel to each; the last case needs all before it. */
export function ipvsContract(open: () => Promise<OpenKernel>): ContractCase[] {
  const coverage = new Coverage();
  const withKernel: WithKernel = (body) => async () => {
    const kernel = await open();
    try {
      await body(coverage.watch(kernel));
    } finally {
      await kernel.dispose();
    }
  };
  return [
    ...serviceCases(withKernel),
    ...linkCases(withKernel),
    ...destinationCases(withKernel),
    ...tableCases(withKernel),
    {
      name: "every kind of write met a target present, absent, and without its holder",
      run: async () => assert.deepEqual(coverage.missing(), []),
    },
  ];
}
