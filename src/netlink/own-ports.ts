/**
 * The ports of this process's netlink sockets: the kernel writes into what it tells everybody on whose port the
 * change was asked for. Sockets of libraries count, too, whose numbers nobody else could tell us.
 */
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";

/** Where the kernel shows them. */
export const PROC_ROOT = "/proc";

/** `socket:[31415]`, as a link in `/proc/self/fd` says it: the inode. */
const SOCKET = /^socket:\[(\d+)\]$/;

/** Columns of `/proc/net/netlink`, by their titles there: `sk Eth Pid Groups Rmem Wmem Dump Locks Drops Inode`. */
const COLUMN = { family: 1, port: 2, inode: 9 } as const;

/**
 * The ports (`nl_pid` of `struct sockaddr_nl`, which is not always the number of a process) of the sockets of a
 * family (`NETLINK`) that this process has open in its network namespace. Throws the file system's error when
 * `/proc` below `root` ({@link PROC_ROOT}) cannot be read.
 */
export function ownPorts(family: number, root: string): ReadonlySet<number> {
  const inodes = ownSockets(join(root, "self", "fd"));
  const rows = readFileSync(join(root, "net", "netlink"), "latin1")
    .split("\n")
    .map((line) => line.trim().split(/\s+/))
    .filter((row) => Number(row[COLUMN.family]) === family && inodes.has(row[COLUMN.inode] ?? ""));
  return new Set(rows.map((row) => Number(row[COLUMN.port])));
}

function ownSockets(folder: string): ReadonlySet<string> {
  const links = readdirSync(folder).map((fd) => linkAt(join(folder, fd)));
  return new Set(links.flatMap((link) => SOCKET.exec(link)?.[1] ?? []));
}

/** "" for one that was closed since the folder was listed: that of the listing itself at least. */
function linkAt(path: string): string {
  try {
    return readlinkSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return "";
    throw error;
  }
}
