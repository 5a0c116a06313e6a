/** Who has what several want: decided with few comparisons, and told to those whom it concerns only. */
import { expect, test } from "vitest";
import { Claims } from "../../../src/plan/claims.ts";

interface Wish {
  readonly owner: string;
}

/** Claims of Services that are as old as the number in their name says, and a count of comparisons. */
function counted(): { readonly claims: Claims<string, Wish>; readonly asked: () => number } {
  let asked = 0;
  const claims = new Claims<string, Wish>({
    createdMs: (owner) => {
      asked++;
      return Number(owner.slice(1));
    },
    onChange: () => {},
  });
  const taken = (): number => {
    const count = asked;
    asked = 0;
    return count;
  };
  return { claims, asked: taken };
}

const MANY = 1_000;

test("one more that wants what a thousand want is compared with few of them, one that goes with none", () => {
  const { claims, asked } = counted();
  for (let age = MANY; age > 0; age--) claims.add("x", { owner: `s${age}` });
  asked();
  claims.remove("x", "s500");
  claims.remove("x", "s1");
  expect(claims.get("x")?.owner).toBe("s2");
  expect(asked()).toBe(0);
  claims.add("x", { owner: "s1" });
  expect(claims.get("x")?.owner).toBe("s1");
  expect(asked()).toBeLessThanOrEqual(2 * Math.ceil(Math.log2(MANY)));
});

test("a holder that is planned again concerns nobody else", () => {
  const { claims } = counted();
  for (const age of [1, 2, 3]) claims.add("x", { owner: `s${age}` });
  claims.takeReassigned();
  claims.remove("x", "s1");
  claims.add("x", { owner: "s1" });
  claims.remove("x", "s3");
  claims.add("x", { owner: "s3" });
  expect(claims.takeReassigned()).toEqual([]);
});

test("all that want a thing are concerned when it gets another holder, and once", () => {
  const { claims } = counted();
  for (const age of [2, 3, 4]) claims.add("x", { owner: `s${age}` });
  claims.add("y", { owner: "s9" });
  claims.takeReassigned();
  claims.add("x", { owner: "s1" });
  expect(claims.takeReassigned()).toEqual(["s1", "s2", "s3", "s4"]);
  claims.remove("x", "s1");
  claims.remove("x", "s2");
  claims.remove("x", "s3");
  expect(claims.takeReassigned()).toEqual(["s4"]);
  expect(claims.takeReassigned()).toEqual([]);
});
