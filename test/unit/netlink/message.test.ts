/** Messages, batches and acknowledgements, byte by byte. */
import { describe, expect, test } from "vitest";
import { sourceOf } from "../../../src/netlink/codec.ts";
import {
  Batch,
  messagesIn,
  NLM_F,
  NLMSG,
  readAcknowledgement,
} from "../../../src/netlink/message.ts";
import { hex, hexOf } from "./wire-text.ts";

function acknowledgement(wire: string) {
  const from = sourceOf(hex(wire));
  const [message] = [...messagesIn(from)];
  if (!message) throw new Error("no message");
  return readAcknowledgement(from, message);
}

describe("a batch", () => {
  test("numbers its messages and lets only the last ask for an acknowledgement", () => {
    const batch = new Batch(16);
    for (const value of [1, 2]) {
      batch.begin(0x20, NLM_F.create);
      batch.out.u32(value);
      batch.end();
    }
    batch.seal(7, { acknowledgeLast: true });
    expect(hexOf(batch.out.bytes())).toBe(
      hexOf(
        hex(`
          14000000 2000 0104 07000000 00000000  01000000  # REQUEST|CREATE, sequence 7
          14000000 2000 0504 08000000 00000000  02000000  # REQUEST|ACK|CREATE, sequence 8
        `),
      ),
    );
  });

  test("can be emptied and used again", () => {
    const batch = new Batch(16);
    batch.begin(1, 0);
    batch.end();
    batch.reset();
    expect(batch.count).toBe(0);
    batch.begin(2, NLM_F.dump);
    batch.end();
    batch.seal(1, { acknowledgeLast: false });
    expect(hexOf(batch.out.bytes())).toBe(hexOf(hex("10000000 0200 0103 01000000 00000000")));
  });
});

describe("answers", () => {
  test("are cut into messages at their aligned lengths", () => {
    const from = sourceOf(
      hex("11000000 0300 0200 05000000 f5ffffff aa 000000  10000000 0200 0000 06000000 00000000"),
    );
    expect([...messagesIn(from)]).toEqual([
      { type: NLMSG.done, flags: NLM_F.multi, sequence: 5, port: 0xfffffff5, start: 16, end: 17 },
      { type: NLMSG.error, flags: 0, sequence: 6, port: 0, start: 36, end: 36 },
    ]);
  });

  test.each([
    "0f000000 0300 0000 00000000 00000000",
    "20000000 0300 0000 00000000 00000000",
    "1000",
  ])("that are cut off are refused: %s", (wire) => {
    expect(() => [...messagesIn(sourceOf(hex(wire)))]).toThrow(/nlmsghdr: message of \d+ bytes/);
  });
});

describe("an acknowledgement", () => {
  test("without errno is success", () => {
    const wire =
      "24000000 0200 0001 05000000 00000000 00000000 10000000 2000 0500 05000000 00000000";
    expect(acknowledgement(wire)).toEqual({ errno: 0, kernelText: "" });
  });

  test("carries the kernel's sentence behind a capped request", () => {
    const wire = `
      30000000 0200 0003 05000000 00000000                     # NLMSG_ERROR, CAPPED|ACK_TLVS
      feffffff                                                 # -ENOENT
      14000000 2000 0500 05000000 00000000                     # header of the request
      0a00 0100 6261640a 2100 0000                             # NLMSGERR_ATTR_MSG
    `;
    expect(acknowledgement(wire)).toEqual({ errno: 2, kernelText: "bad\n!" });
  });

  test("carries the kernel's sentence behind a whole request", () => {
    const wire = `
      34000000 0200 0002 05000000 00000000                     # NLMSG_ERROR, ACK_TLVS
      eaffffff                                                 # -EINVAL
      14000000 2000 0500 05000000 00000000 01020304            # the request
      0900 0100 6e6f7065 00 000000                             # NLMSGERR_ATTR_MSG
    `;
    expect(acknowledgement(wire)).toEqual({ errno: 22, kernelText: "nope" });
  });

  test("that is too short is refused", () => {
    expect(() => acknowledgement("14000000 0200 0000 05000000 00000000 00000000")).toThrow(
      "nlmsgerr: expected 20 bytes, got 4",
    );
  });
});
