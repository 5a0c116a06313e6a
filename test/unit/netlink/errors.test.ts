/** Names of errnos, and what an error says. */
import { describe, expect, test } from "vitest";
import { errnoName, errnoNumber, NetlinkError } from "../../../src/netlink/errors.ts";

describe("an errno", () => {
  test.each(["ENOENT", "EAGAIN", "EOPNOTSUPP", "ENOBUFS", "ESRCH", "ESHUTDOWN"])(
    "%s has one name and one number",
    (name) => expect(errnoName(errnoNumber(name))).toBe(name),
  );

  test("without a name is its number", () => expect(errnoName(4_095)).toBe("E4095"));

  test("of a name that nobody gave is an error", () =>
    expect(() => errnoNumber("ENOPE")).toThrow("no errno is called ENOPE"));
});

describe("a NetlinkError", () => {
  const error = (code: string): NetlinkError =>
    new NetlinkError("IPVS_CMD_NEW_DEST", errnoNumber(code), { kernelText: "kernel words" });

  test("says operation, code and the kernel's words", () =>
    expect(error("ENOENT").message).toBe("IPVS_CMD_NEW_DEST: ENOENT (kernel words)"));
});
