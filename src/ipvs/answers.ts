/** What dumps of the IPVS table hold, decoded when its turn comes. */
import { inTurns } from "../base/in-turns.ts";
import type { ObservedService } from "../model/counters.ts";
import { required } from "../netlink/codec.ts";
import { GENL_HEADER_BYTES } from "../netlink/genl.ts";
import type { Answer } from "../netlink/socket.ts";
import { type CommandAttributes, command } from "./attributes.ts";
import { fromService } from "./wire.ts";

/** Virtual services that are decoded in one turn of the event loop. */
const DECODED_AT_A_TIME = 500;

/** Shows the virtual services of an answer to `IPVS_CMD_GET_SERVICE`; of very many the event loop is not kept for all. */
export async function visitServices(
  answer: Answer | undefined,
  name: string,
  visit: (service: ObservedService) => void,
): Promise<void> {
  await inTurns(bodiesIn(answer), DECODED_AT_A_TIME, ({ service }) => {
    const one = fromService(required(service, `${name}.service`));
    if (one) visit(one);
  });
}

/** The first-level attributes of each message of an answer, one at a time: of 10,000 all would be much memory. */
export function* bodiesIn(answer: Answer | undefined): Generator<CommandAttributes, void> {
  if (answer === undefined) return;
  const { from, messages } = answer;
  for (const { start, end } of messages) yield command.read(from, start + GENL_HEADER_BYTES, end);
}
