/** Generic netlink: the header of its messages, and the resolution of a family's name to its number. */
import { attributes, required, text, u16, u32 } from "./codec.ts";
import { errnoNumber, NetlinkError } from "./errors.ts";
import { Batch } from "./message.ts";
import type { NetlinkSocket } from "./socket.ts";

/** Bytes of `struct genlmsghdr`: command, version, reserved. */
export const GENL_HEADER_BYTES = 4;

/** `GENL_ID_CTRL`, the family that knows the others. */
const CONTROLLER = 16;

/** `CTRL_CMD_GETFAMILY`. */
const GET_FAMILY = 3;

/** Room for one small request. */
const REQUEST_BYTES = 256;

/** `CTRL_ATTR_*` of `<linux/genetlink.h>`. */
const controller = attributes("CTRL_ATTR", {
  familyId: { type: 1, codec: u16 },
  familyName: { type: 2, codec: text },
  version: { type: 3, codec: u32 },
});

/** A family of generic netlink. */
export interface GenlFamily {
  readonly id: number;
  readonly version: number;
}

/** Begins a message of a generic netlink family; its attributes are written next. */
export function beginGenl(
  batch: Batch,
  family: GenlFamily,
  { command, flags }: { readonly command: number; readonly flags: number },
): void {
  batch.begin(family.id, flags);
  batch.out.u8(command);
  batch.out.u8(family.version);
  batch.out.u16(0);
}

/**
 * Asks for a family by its name; the kernel loads its module when it can.
 * Rejects with {@link NetlinkError} `ENOENT` when there is none. Failures are not remembered.
 */
export async function resolveFamily(socket: NetlinkSocket, name: string): Promise<GenlFamily> {
  const operation = `CTRL_CMD_GETFAMILY ${name}`;
  const batch = new Batch(REQUEST_BYTES);
  beginGenl(batch, { id: CONTROLLER, version: 1 }, { command: GET_FAMILY, flags: 0 });
  controller.write(batch.out, { familyName: name });
  batch.end();
  const { from, messages } = await socket.request(operation, batch);
  const [message] = messages;
  if (!message) throw new NetlinkError(operation, errnoNumber("ENOENT"));
  const found = controller.read(from, message.start + GENL_HEADER_BYTES, message.end);
  return {
    id: required(found.familyId, "CTRL_ATTR.familyId"),
    version: required(found.version, "CTRL_ATTR.version"),
  };
}
