/** Which netlink ports are our own: on this machine's kernel, and where a file is closed meanwhile. */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { listen } from "../../../src/netlink/multicast.ts";
import { ownPorts, PROC_ROOT } from "../../../src/netlink/own-ports.ts";
import { NETLINK } from "../../../src/netlink/socket.ts";

const TITLES = "sk Eth Pid Groups Rmem Wmem Dump Locks Drops Inode";
const LARGE_PORT = 4_294_962_997;

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "own-ports-"));
  mkdirSync(join(root, "self", "fd"), { recursive: true });
  mkdirSync(join(root, "net"));
});
afterEach(() => rmSync(root, { recursive: true }));

/** What `/proc` says: links of our files, and rows of family, port and inode. */
function says(links: readonly string[], rows: readonly string[]): void {
  for (const [fd, link] of links.entries()) symlinkSync(link, join(root, "self", "fd", `${fd}`));
  const lines = rows.map((row) => {
    const [family, port, inode] = row.split(" ");
    return `00000000 ${family}  ${port} 00000040 0 0 0 2 0 ${inode}   `;
  });
  writeFileSync(join(root, "net", "netlink"), [TITLES, ...lines, ""].join("\n"));
}

test("those of sockets of the family that we have open, and no others", () => {
  says(
    ["/dev/null", "socket:[71]", "socket:[72]", "socket:[73]", "pipe:[74]"],
    [`12 ${LARGE_PORT} 71`, "0 9 72", "12 8 73", "12 7 75", "12 6 74"],
  );
  expect(ownPorts(NETLINK.netfilter, root)).toEqual(new Set([LARGE_PORT, 8]));
});

test("none, where we have none", () => {
  says(["/dev/null"], ["12 7 75"]);
  expect(ownPorts(NETLINK.netfilter, root)).toEqual(new Set());
});

test("cannot be told without /proc: the file system's error", () => {
  rmSync(join(root, "net"), { recursive: true });
  expect(() => ownPorts(NETLINK.netfilter, root)).toThrow(/ENOENT.*netlink/);
});

test("of this process: one more for a socket, and one less when it is closed", async () => {
  const before = ownPorts(NETLINK.route, PROC_ROOT);
  const nothing = (): void => {};
  const told = { onDatagram: nothing, onLost: nothing, onError: nothing };
  const listener = listen({ family: NETLINK.route, groups: [1], ...told });
  const during = ownPorts(NETLINK.route, PROC_ROOT);
  expect([...during].filter((port) => !before.has(port))).toHaveLength(1);
  listener.close();
  await expect.poll(() => ownPorts(NETLINK.route, PROC_ROOT)).toEqual(before);
});
