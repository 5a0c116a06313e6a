/** Changes of our tables as nftables' own text. */
import { expect, test } from "vitest";
import type { FilterObject, FilterOperation } from "../../../src/model/packet-filter.ts";
import { operationScript } from "../../../src/nft/element-text.ts";

const CHAIN: FilterObject = {
  kind: "source-chain",
  family: "ipv4",
  name: "sources-0000000a",
  ranges: ["10.0.0.0/8", "192.0.2.0/24"],
};
const JUMP: FilterObject = {
  kind: "element",
  family: "ipv4",
  set: "source-ranges",
  key: "10.96.0.1 . tcp . 80",
  value: "jump sources-0000000a",
};
const HAIRPINS: readonly FilterObject[] = ["fd00::1", "fd00::2"].map((address) => ({
  kind: "element",
  family: "ipv6",
  set: "hairpin",
  key: `${address} . ${address}`,
  value: "",
}));

function operations(kind: FilterOperation["kind"], ...objects: readonly FilterObject[]) {
  return objects.map((object) => ({ kind, object }));
}

test("chains come before what jumps to them, and the elements of a set are one command", () => {
  expect(operationScript(operations("add-filter", JUMP, ...HAIRPINS, CHAIN))).toBe(
    [
      "add chain ip kube-ipvs sources-0000000a",
      'add rule ip kube-ipvs sources-0000000a ip saddr 10.0.0.0/8 return comment "allowed clients"',
      'add rule ip kube-ipvs sources-0000000a ip saddr 192.0.2.0/24 return comment "allowed clients"',
      'add rule ip kube-ipvs sources-0000000a drop comment "all other clients"',
      "add element ip kube-ipvs source-ranges { 10.96.0.1 . tcp . 80 : jump sources-0000000a }",
      "add element ip6 kube-ipvs hairpin { fd00::1 . fd00::1, fd00::2 . fd00::2 }",
      "",
    ].join("\n"),
  );
});

test("what jumps to a chain goes before it, and all that goes before all that comes", () => {
  const script = operationScript([
    ...operations("add-filter", ...HAIRPINS.slice(0, 1)),
    ...operations("delete-filter", CHAIN, JUMP),
  ]);
  expect(script).toBe(
    [
      "delete element ip kube-ipvs source-ranges { 10.96.0.1 . tcp . 80 }",
      "flush chain ip kube-ipvs sources-0000000a",
      "delete chain ip kube-ipvs sources-0000000a",
      "add element ip6 kube-ipvs hairpin { fd00::1 . fd00::1 }",
      "",
    ].join("\n"),
  );
});

test("nothing to do is nothing to say", () => {
  expect(operationScript([])).toBe("");
});
