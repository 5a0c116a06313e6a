/** The addresses of node ports: the cases of kube-proxy's IPVS mode, and the choices of users. */
import { describe, expect, test } from "vitest";
import {
  chooseNodePortAddresses,
  type InterfaceAddress,
  type NodePortAddresses,
} from "../../../src/model/node-port-addresses.ts";

/** `eth0: 1.2.3.4 fe80::1` for each interface. */
function interfaces(...texts: readonly string[]): InterfaceAddress[] {
  return texts.flatMap((text) => {
    const [link = "", addresses = ""] = text.split(": ");
    return addresses.split(" ").map((address) => ({ link, address }));
  });
}

function chosen(
  texts: readonly string[],
  rule: NodePortAddresses = { kind: "all" },
  primary: readonly string[] = [],
): readonly string[] {
  return chooseNodePortAddresses(interfaces(...texts), primary, rule);
}

const TWO = ["eth0: 192.168.1.5 fd00::5", "eth1: 10.0.0.5"];

describe("all addresses", () => {
  test.each([
    [["eth0: 1.2.3.4", "lo: 127.0.0.1"], ["1.2.3.4"]],
    [["lo: 127.0.0.1 ::1"], []],
    [[], []],
    [
      ["encap0: 10.20.30.40 fe80::200:ff:fe01:1", "lo: 127.0.0.1", "docker0: 172.17.0.1"],
      ["10.20.30.40", "172.17.0.1"],
    ],
    [
      ["ipvs0: 1.2.3.4 1000::", "encap7: 10.20.30.31 2000::", "lo: ::1"],
      ["1.2.3.4", "1000::", "10.20.30.31", "2000::"],
    ],
    [["eth0: 169.254.1.1"], ["169.254.1.1"]],
  ])("of %j are %j", (texts, expected) => {
    expect(chosen(texts)).toEqual([...expected].sort());
  });
});

describe("selected addresses", () => {
  test("are those in a range; the family without a range keeps all of its own", () => {
    const rule: NodePortAddresses = { kind: "selected", primary: false, ranges: ["10.0.0.0/8"] };
    expect(chosen(TWO, rule)).toEqual(["10.0.0.5", "fd00::5"]);
  });

  test("never contain loopback, even inside a range", () => {
    const rule: NodePortAddresses = { kind: "selected", primary: false, ranges: ["127.0.0.0/8"] };
    expect(chosen(["lo: 127.0.0.1", "eth0: 10.0.0.5"], rule)).toEqual([]);
  });

  test("are those that the Node object names, with `primary`", () => {
    const rule: NodePortAddresses = { kind: "selected", primary: true, ranges: [] };
    expect(chosen(TWO, rule, ["192.168.1.5"])).toEqual(["192.168.1.5"]);
  });

  test("are both, with `primary` and a range", () => {
    const rule: NodePortAddresses = { kind: "selected", primary: true, ranges: ["10.0.0.0/8"] };
    expect(chosen(TWO, rule, ["fd00::5"])).toEqual(["10.0.0.5", "fd00::5"]);
  });

  test("that two interfaces have count once", () => {
    expect(chosen(["eth0: 10.0.0.5", "eth1: 10.0.0.5"])).toEqual(["10.0.0.5"]);
  });
});
