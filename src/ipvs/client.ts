/** The IPVS table by generic netlink: requests out, answers back, in domain words on the outside. */
import { setImmediate } from "node:timers/promises";
import type { ObservedDestination, ObservedService } from "../model/counters.ts";
import { type IpvsOperation, type OperationFailure, operationText } from "../model/operation.ts";
import type { SchedulerName } from "../model/scheduler.ts";
import { type ServiceKey, serviceFamily } from "../model/virtual-service.ts";
import { required } from "../netlink/codec.ts";
import { errnoName, errnoNumber, NetlinkError } from "../netlink/errors.ts";
import { GENL_HEADER_BYTES, type GenlFamily, resolveFamily } from "../netlink/genl.ts";
import { loadLibrary } from "../netlink/library.ts";
import { Batch, NLM_F } from "../netlink/message.ts";
import {
  type Answer,
  MESSAGES_PER_SEND_MAX,
  type MessageFailure,
  NETLINK,
  type NetlinkSocket,
  openSocket,
} from "../netlink/socket.ts";
import { bodiesIn, visitServices } from "./answers.ts";
import { type CommandName, IPVS_FAMILY, info } from "./attributes.ts";
import { Encoder, MESSAGE_BYTES } from "./encode.ts";
import type { Ipvs, IpvsInfo, IpvsTimeouts } from "./ipvs.ts";
import { IpvsUnavailableError } from "./ipvs-unavailable-error.ts";
import { PROBE_KEY, schedulerProbe, schedulerVerdict } from "./scheduler-probe.ts";
import { fromDestination } from "./wire.ts";

/** Services whose destinations are asked for in one native call. */
export const DUMPS_PER_CALL_MAX = 500;

const ESRCH = errnoNumber("ESRCH");
const ENOENT = errnoNumber("ENOENT");
const EPERM = errnoNumber("EPERM");

/**
 * Opens the IPVS table of this process's network namespace; the kernel loads its module when it can.
 * Rejects with IpvsUnavailableError when there is no IPVS or no permission, and with NativeLibraryError
 * or NetlinkError when the way to the kernel itself is broken.
 */
export async function openIpvs(): Promise<Ipvs> {
  const socket = openSocket(loadLibrary(), NETLINK.generic);
  try {
    return await ipvsOver(socket);
  } catch (err) {
    socket.close();
    throw err;
  }
}

/** IPVS over an open generic netlink socket, which it then owns. Rejects as {@link openIpvs}. */
export async function ipvsOver(socket: NetlinkSocket): Promise<Ipvs> {
  const client = new IpvsClient(socket, await findFamily(socket));
  try {
    // The cheapest question that needs the permission which everything else needs too.
    await client.info();
  } catch (cause) {
    if (!(cause instanceof NetlinkError) || cause.errno !== EPERM) throw cause;
    throw new IpvsUnavailableError("NO_PERMISSION", { cause });
  }
  return client;
}

async function findFamily(socket: NetlinkSocket): Promise<GenlFamily> {
  try {
    return await resolveFamily(socket, IPVS_FAMILY);
  } catch (cause) {
    if (!(cause instanceof NetlinkError) || cause.errno !== ENOENT) throw cause;
    throw new IpvsUnavailableError("NO_IPVS", { cause });
  }
}

class IpvsClient implements Ipvs {
  readonly #socket: NetlinkSocket;
  readonly #encoder: Encoder;
  /** Used by no write now: a new buffer costs a page fault for each page that is written to. */
  readonly #idle: Batch[] = [];

  constructor(socket: NetlinkSocket, family: GenlFamily) {
    this.#socket = socket;
    this.#encoder = new Encoder(family);
  }

  async info(): Promise<IpvsInfo> {
    const { from, messages } = await this.#ask("IPVS_CMD_GET_INFO");
    const [message] = messages;
    const { start, end } = required(message, "IPVS_CMD_GET_INFO");
    const { version, connectionTableSize } = info.read(from, start + GENL_HEADER_BYTES, end);
    return {
      version: versionText(required(version, "IPVS_INFO_ATTR.version")),
      connectionTableSize: required(connectionTableSize, "IPVS_INFO_ATTR.connectionTableSize"),
    };
  }

  async timeouts(): Promise<IpvsTimeouts> {
    const [answer] = bodiesIn(await this.#ask("IPVS_CMD_GET_CONFIG"));
    // A kernel built without TCP or UDP balancing leaves their timeouts out.
    const { timeoutTcpS = 0, timeoutTcpFinS = 0, timeoutUdpS = 0 } = answer ?? {};
    return { tcpS: timeoutTcpS, tcpFinS: timeoutTcpFinS, udpS: timeoutUdpS };
  }

  async setTimeouts({ tcpS, tcpFinS, udpS }: IpvsTimeouts): Promise<void> {
    const batch = new Batch(MESSAGE_BYTES);
    const wanted = { timeoutTcpS: tcpS, timeoutTcpFinS: tcpFinS, timeoutUdpS: udpS };
    this.#encoder.command(batch, "IPVS_CMD_SET_CONFIG", wanted, 0);
    const [failure] = await this.#socket.transact("IPVS_CMD_SET_CONFIG", batch);
    if (failure) throw new NetlinkError("IPVS_CMD_SET_CONFIG", failure.errno, failure);
  }

  async services(): Promise<readonly ObservedService[]> {
    const found: ObservedService[] = [];
    await this.eachService((service) => found.push(service));
    return found;
  }

  async eachService(visit: (service: ObservedService) => void): Promise<void> {
    const name = "IPVS_CMD_GET_SERVICE";
    const batch = new Batch(MESSAGE_BYTES);
    this.#encoder.command(batch, name, {}, NLM_F.dump);
    const [answer] = await this.#socket.dump(name, batch);
    await visitServices(answer, name, visit);
  }

  async destinations(
    keys: readonly ServiceKey[],
  ): Promise<(readonly ObservedDestination[] | undefined)[]> {
    const found: (readonly ObservedDestination[] | undefined)[] = [];
    for (let start = 0; start < keys.length; start += DUMPS_PER_CALL_MAX) {
      found.push(...(await this.#destinationsOf(keys.slice(start, start + DUMPS_PER_CALL_MAX))));
    }
    return found;
  }

  async write(operations: readonly IpvsOperation[]): Promise<readonly OperationFailure[]> {
    const failures: OperationFailure[] = [];
    const capacity = Math.min(operations.length, MESSAGES_PER_SEND_MAX) * MESSAGE_BYTES;
    // One is encoded while the kernel works on the other.
    let [batch, spare] = [
      this.#idle.pop() ?? new Batch(capacity),
      this.#idle.pop() ?? new Batch(0),
    ];
    let sent: Promise<void> = Promise.resolve();
    for (let start = 0; start < operations.length; start += MESSAGES_PER_SEND_MAX) {
      const part = operations.slice(start, start + MESSAGES_PER_SEND_MAX);
      batch.reset();
      for (const operation of part) this.#encoder.operation(batch, operation);
      await sent;
      sent = this.#send(batch, { part, start, failures });
      if (start + MESSAGES_PER_SEND_MAX >= operations.length) break;
      // A rejection meanwhile is met by the next await of `sent`, and must not count as unhandled.
      sent.catch(() => undefined);
      [batch, spare] = [spare, batch];
      // Lets the send begin before the next part is encoded.
      await setImmediate();
    }
    await sent;
    // Not after a rejection, when one may still be in use.
    if (this.#idle.length === 0) this.#idle.push(spare, batch);
    return failures;
  }

  async hasScheduler(name: SchedulerName): Promise<boolean | undefined> {
    const batch = new Batch(MESSAGE_BYTES);
    this.#encoder.operation(batch, { kind: "add-service", service: schedulerProbe(name) });
    const [failure] = await this.#socket.transact("IPVS_CMD_NEW_SERVICE", batch);
    if (failure) return schedulerVerdict(name, failure);
    // No kernel known accepts it. One that does has the scheduler, and must not keep the service.
    await this.write([{ kind: "delete-service", key: PROBE_KEY }]);
    return true;
  }

  close(): void {
    this.#socket.close();
  }

  async #send(batch: Batch, { part, start, failures }: Sent): Promise<void> {
    for (const failure of await this.#socket.transact("IPVS write", batch)) {
      const operation = part[failure.index];
      if (operation === undefined || isAsWanted(operation, failure.errno)) continue;
      failures.push(toFailure(operation, start, failure));
    }
  }

  async #destinationsOf(
    keys: readonly ServiceKey[],
  ): Promise<(readonly ObservedDestination[] | undefined)[]> {
    const name = "IPVS_CMD_GET_DEST";
    const batch = new Batch(keys.length * MESSAGE_BYTES);
    for (const key of keys) this.#encoder.about(batch, name, key, NLM_F.dump);
    const answers = await this.#socket.dump(name, batch);
    const found: (readonly ObservedDestination[] | undefined)[] = keys.map((key, index) =>
      Array.from(bodiesIn(answers[index]), (body) =>
        fromDestination(required(body.destination, `${name}.destination`), serviceFamily(key)),
      ),
    );
    // The kernel dumps an absent service as it does one without destinations.
    const empty = found.flatMap((list, index) => (list?.length === 0 ? [index] : []));
    for (const index of await this.#absent(keys, empty)) found[index] = undefined;
    return found;
  }

  /** Those of `indexes` whose key names no service. */
  async #absent(keys: readonly ServiceKey[], indexes: readonly number[]): Promise<number[]> {
    const name = "IPVS_CMD_GET_SERVICE";
    const batch = new Batch(indexes.length * MESSAGE_BYTES);
    for (const index of indexes) {
      const key = keys[index];
      if (key !== undefined) this.#encoder.about(batch, name, key, 0);
    }
    const failures = await this.#socket.transact(name, batch);
    return failures.flatMap(({ index, errno, kernelText }) => {
      if (errno !== ESRCH) throw new NetlinkError(name, errno, { kernelText });
      return indexes[index] ?? [];
    });
  }

  #ask(name: CommandName): Promise<Answer> {
    const batch = new Batch(MESSAGE_BYTES);
    this.#encoder.command(batch, name, {}, 0);
    return this.#socket.request(name, batch);
  }
}

interface Sent {
  readonly part: readonly IpvsOperation[];
  /** Position of the part in what was written. */
  readonly start: number;
  readonly failures: OperationFailure[];
}

/** True when the kernel refused to delete what is not there: it was wanted absent, and it is. */
function isAsWanted(operation: IpvsOperation, errno: number): boolean {
  if (operation.kind === "delete-service") return errno === ESRCH;
  return operation.kind === "delete-destination" && (errno === ESRCH || errno === ENOENT);
}

function toFailure(
  operation: IpvsOperation,
  start: number,
  { index, errno, kernelText }: MessageFailure,
): OperationFailure {
  const code = errnoName(errno);
  const detail = kernelText === "" ? "" : ` (${kernelText})`;
  return { index: start + index, code, message: `${operationText(operation)}: ${code}${detail}` };
}

/** `NVERSION` of `<linux/ip_vs.h>`. */
function versionText(version: number): string {
  return `${(version >> 16) & 0xff}.${(version >> 8) & 0xff}.${version & 0xff}`;
}
