/** What a kernel with IPVS answers to the questions that opening it asks. */
import { info } from "../../src/ipvs/attributes.ts";
import { attributes, text, u16, u32 } from "../../src/netlink/codec.ts";
import type { Answer } from "../../src/netlink/socket.ts";
import { answerOf } from "./scripted-socket.ts";

/** The number that the family has there. */
const FAMILY_ID = 33;

/** `CTRL_ATTR_*`, as the kernel's controller answers. */
const controller = attributes("CTRL_ATTR", {
  familyId: { type: 1, codec: u16 },
  familyName: { type: 2, codec: text },
  version: { type: 3, codec: u32 },
});

/** The family's number, or what GET_INFO says. */
export function ipvsAnswer(operation: string): Answer {
  return operation.startsWith("CTRL_CMD_GETFAMILY") ? familyAnswer() : infoAnswer();
}

function familyAnswer(): Answer {
  return answerOf([
    {
      type: 16,
      write: ({ out }) => {
        out.u32(1);
        controller.write(out, { familyId: FAMILY_ID, familyName: "IPVS", version: 1 });
      },
    },
  ]);
}

function infoAnswer(): Answer {
  return answerOf([
    {
      type: FAMILY_ID,
      write: ({ out }) => {
        out.u32(14);
        info.write(out, { version: 0x010201, connectionTableSize: 4096 });
      },
    },
  ]);
}
