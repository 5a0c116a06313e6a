/** Addresses that no Service may have. */
import { expect, test } from "vitest";
import { whySpecial } from "../../../src/plan/address-rules.ts";

test.each`
  address              | why
  ${"0.0.0.0"}         | ${"an address of no host (0.0.0.0/8)"}
  ${"0.1.2.3"}         | ${"an address of no host (0.0.0.0/8)"}
  ${"127.0.0.1"}       | ${"a loopback address"}
  ${"169.254.169.254"} | ${"a link-local address"}
  ${"224.0.0.1"}       | ${"a multicast address"}
  ${"239.255.255.255"} | ${"a multicast address"}
  ${"255.255.255.255"} | ${"the broadcast address"}
  ${"::"}              | ${"the unspecified address"}
  ${"::1"}             | ${"a loopback address"}
  ${"fe80::1"}         | ${"a link-local address"}
  ${"febf::1"}         | ${"a link-local address"}
  ${"ff02::1"}         | ${"a multicast address"}
`("$address is $why", ({ address, why }) => {
  expect(whySpecial(address)).toBe(why);
});

test.each([
  "10.96.0.1",
  "1.2.3.4",
  "126.0.0.1",
  "128.0.0.1",
  "169.253.0.1",
  "223.255.255.255",
  "240.0.0.1",
  "fd00:96::a",
  "2001:db8::1",
  "64:ff9b::1",
  "fe8::1",
  "ff::1",
  "fec0::1",
])("%s is an ordinary address", (address) => {
  expect(whySpecial(address)).toBeUndefined();
});
