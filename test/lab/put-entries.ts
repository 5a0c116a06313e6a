/** Puts connection tracking entries into the kernel by hand. */
import assert from "node:assert/strict";
import { CONNTRACK_MESSAGE_BYTES } from "../../src/netlink/ctnl.ts";
import { loadLibrary } from "../../src/netlink/library.ts";
import { Batch } from "../../src/netlink/message.ts";
import { MESSAGES_PER_SEND_MAX, NETLINK, openSocket } from "../../src/netlink/socket.ts";
import { type Entry, writeNewEntry } from "../fakes/conntrack-entry.ts";

/** Puts `entries` in; none may be refused. */
export async function putEntries(entries: readonly Entry[]): Promise<void> {
  const socket = openSocket(loadLibrary(), NETLINK.netfilter);
  for (let start = 0; start < entries.length; start += MESSAGES_PER_SEND_MAX) {
    const batch = new Batch(MESSAGES_PER_SEND_MAX * CONNTRACK_MESSAGE_BYTES);
    const part = entries.slice(start, start + MESSAGES_PER_SEND_MAX);
    for (const entry of part) writeNewEntry(batch, entry);
    assert.deepEqual(await socket.transact("IPCTNL_MSG_CT_NEW", batch), []);
  }
  socket.close();
}
