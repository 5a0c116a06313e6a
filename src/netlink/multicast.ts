/**
 * Listens to what the kernel tells everybody. The waiting is done by a thread of the native library,
 * which hands on a stream: no worker of the event loop is held, and nothing has to be woken up to close.
 */
import { Socket } from "node:net";
import { errnoNumber, NetlinkError } from "./errors.ts";
import { loadLibrary } from "./library.ts";
import { SOCKET_BYTES } from "./socket.ts";
import { ToldDatagrams } from "./told-datagrams.ts";

/** Groups above this are not in the bit set of `struct sockaddr_nl`. */
const GROUP_MAX = 32;

/** What to listen to, and what to do about it. */
export interface ListenOptions {
  /** One of `NETLINK`. */
  readonly family: number;
  /** Numbers of groups (`RTNLGRP_*`, `NFNLGRP_*`), 1 to 32. */
  readonly groups: readonly number[];
  /** One datagram of the kernel: one or several messages, to be read with `messagesIn`. */
  onDatagram(bytes: Buffer): void;
  /** Datagrams were lost (`ENOBUFS`): whatever they told must be read anew. Listening goes on. */
  onLost(): void;
  /** Listening is over, and this listener is closed. */
  onError(error: NetlinkError): void;
}

/** An open listener; it keeps the process alive. */
export interface Listener {
  /** Ends listening: nothing is called back any more. May be called again. */
  close(): void;
}

/** Starts to listen: what happens after the return is told. Throws {@link NetlinkError}. */
export function listen(options: ListenOptions): Listener {
  const { family, groups } = options;
  const fd = loadLibrary().listen(family, bitSet(groups), SOCKET_BYTES);
  const operation = `multicast of netlink family ${family}`;
  if (fd < 0) throw new NetlinkError(operation, -fd);
  const stream = new Socket({ fd, readable: true, writable: false });
  const fail = (errno: number, cause?: unknown): void => {
    if (stream.destroyed) return;
    stream.destroy();
    options.onError(new NetlinkError(operation, errno, { cause }));
  };
  const told = new ToldDatagrams({
    onDatagram: (bytes) => {
      if (!stream.destroyed) options.onDatagram(bytes);
    },
    onFailure: (errno) => {
      if (stream.destroyed) return;
      if (errno === LOST) options.onLost();
      else fail(errno);
    },
  });
  stream.on("data", (chunk: Buffer) => told.take(chunk));
  stream.on("end", () => fail(errnoNumber("EPIPE")));
  stream.on("error", (cause) => {
    options.onError(new NetlinkError(operation, errnoNumber("EPIPE"), { cause }));
  });
  return { close: () => stream.destroy() };
}

const LOST = errnoNumber("ENOBUFS");

/** The groups as `nl_groups`: bit n - 1 is group n. */
function bitSet(groups: readonly number[]): number {
  let bits = 0;
  for (const group of groups) {
    if (group < 1 || group > GROUP_MAX) throw new RangeError(`no group ${group} in a bit set`);
    bits |= 1 << (group - 1);
  }
  return bits >>> 0;
}
