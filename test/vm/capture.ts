import type { ChildProcess } from "node:child_process";
import { readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ending, lineOf, start } from "../../lab/process.ts";

/**
 * All frames of IP that a link other than lo carries while something is done. The link's namespace by its name, or by a process
 * that is in it.
 */
export async function capture(netns: string | { pid: number }, link: string, during: () => unknown): Promise<Buffer[]> {
  const [name, entrance] =
    typeof netns === "string"
      ? [netns, ["ip", "netns", "exec", netns]]
      : [netns.pid, ["nsenter", `--target=${netns.pid}`, "--net"]];
  const file = join(tmpdir(), `${name}-${link}.pcap`);
  const options = ["-i", link, "--immediate-mode", "-U", "-w", file, "ip or ip6"];
  const tcpdump = start([...entrance, "tcpdump", ...options]);
  await lineOf(tcpdump, /listening on/, "tcpdump");
  try {
    await during();
    while (!(await hasWrittenAll(tcpdump)));
  } finally {
    tcpdump.kill("SIGINT");
    await ending(tcpdump);
  }
  const frames = framesIn(readFileSync(file));
  rmSync(file);
  return frames;
}

/** What tcpdump has not taken from the kernel yet is lost with its end. */
async function hasWrittenAll(tcpdump: ChildProcess): Promise<boolean> {
  const report = lineOf(tcpdump, /packets? captured/, "tcpdump");
  tcpdump.kill("SIGUSR1");
  const [captured = 0, received = 0, dropped = 0] = (await report).match(/\d+/g)?.map(Number) ?? [];
  return captured + dropped === received;
}

/** Of a file in the byte order of this machine: a header of 24 bytes, before each frame one of 16, pcap-savefile(5). */
function framesIn(file: Buffer): Buffer[] {
  const frames: Buffer[] = [];
  for (let at = 24; at < file.length; ) {
    const start = at + 16;
    at = start + file.readUInt32LE(at + 8);
    frames.push(file.subarray(start, at));
  }
  return frames;
}

/** What marked pings carry and nothing else, for `ping -p`: seen on an underlay, a packet was in the clear. */
export const marker = "fa17c1ea";
export const isClear = (frames: readonly Buffer[]): boolean =>
  frames.some((frame) => frame.includes(Buffer.from(marker.repeat(4), "hex")));
