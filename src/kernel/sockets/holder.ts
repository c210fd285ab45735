import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import type { PortSockets } from "../../contracts/ports.ts";
import { encodeAddress } from "../netlink/ip-address.ts";

/** Which process has a socket on a port: /proc/net names the socket's inode, /proc/<pid>/fd who has it open (proc(5)). */
export const holderOf: PortSockets["holderOf"] = (protocol, address, port) => {
  if (protocol === "sctp") return "another process";
  const inodes = new Set([protocol, `${protocol}6`].flatMap((table) => inodesIn(table, address, port)));
  const pid = inodes.size > 0 ? holding(inodes) : undefined;
  return pid === undefined ? "another process" : `process ${pid} (${read(`/proc/${pid}/comm`).trim()})`;
};

/** A file of /proc; "" when it went away, which processes do, or is not there. */
function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

/** Sockets on the port at an overlapping address; connections of other servers on it are not ours to name. */
function inodesIn(table: string, address: string, port: number): string[] {
  return read(`/proc/thread-self/net/${table}`)
    .split("\n")
    .slice(1)
    .map((line) => line.trim().split(/\s+/))
    .filter(([, local = "", remote = ""]) => {
      const [held = "", number = ""] = local.split(":");
      return Number.parseInt(number, 16) === port && remote.endsWith(":0000") && overlaps(held, address);
    })
    .map((fields) => fields[9] ?? "")
    .filter((inode) => inode !== "" && inode !== "0");
}

/** `held` as /proc/net has it: 32-bit words in hexadecimal, in the machine's byte order (little-endian on both of ours). */
function overlaps(held: string, address: string): boolean {
  const wanted = Buffer.from(encodeAddress(address));
  if (/^0+$/.test(held) || wanted.every((byte) => byte === 0)) return true;
  return Buffer.from(held, "hex").swap32().equals(wanted);
}

function holding(inodes: ReadonlySet<string>): string | undefined {
  const links = new Set([...inodes].map((inode) => `socket:[${inode}]`));
  return readdirSync("/proc").find((pid) => /^\d+$/.test(pid) && descriptors(pid).some((link) => links.has(link)));
}

/** What the descriptors of a process lead to, without what is gone by now. */
function descriptors(pid: string): string[] {
  try {
    return readdirSync(`/proc/${pid}/fd`).map((fd) => linkOf(`/proc/${pid}/fd/${fd}`));
  } catch {
    return [];
  }
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return "";
  }
}
