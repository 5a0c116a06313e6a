/** How much memory is in use while a real kernel answers, looked at in the midst of its answers. */
import { garbageCollector } from "../../src/base/small-heap.ts";
import type { NetlinkSocket } from "../../src/netlink/socket.ts";

/** Parts of an answer between two looks, each of which collects the heap. */
const PARTS_PER_LOOK = 8;

export interface DumpMemory {
  answerBytes: number;
  /** The most that was in use after a part, more than before the socket was watched. */
  liveBytes: number;
}

/** A socket that shows all to another one, and fills in `memory` while dumps in parts come in. */
export function watchMemory(socket: NetlinkSocket): {
  readonly socket: NetlinkSocket;
  readonly memory: Readonly<DumpMemory>;
} {
  const memory: DumpMemory = { answerBytes: 0, liveBytes: 0 };
  const before = liveBytes();
  const watched: NetlinkSocket = {
    transact: (operation, batch) => socket.transact(operation, batch),
    request: (operation, batch) => socket.request(operation, batch),
    dump: (operation, batch) => socket.dump(operation, batch),
    close: () => socket.close(),
    dumpInParts(operation, batch, visit) {
      let parts = 0;
      return socket.dumpInParts(operation, batch, (part) => {
        visit(part);
        memory.answerBytes += part.from.bytes.length;
        if (++parts % PARTS_PER_LOOK !== 0) return;
        memory.liveBytes = Math.max(memory.liveBytes, liveBytes() - before);
      });
    },
  };
  return { socket: watched, memory };
}

/** Made once: each further one would itself be memory in use. */
const collect = garbageCollector();

/** Bytes that something refers to. How much garbage lies beside them is a matter of chance. */
function liveBytes(): number {
  // Freed buffers are counted as such when the next collection begins.
  collect();
  collect();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
