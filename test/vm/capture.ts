import { readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ending, lineOf, start } from "../../lab/process.ts";

/**
 * The bytes of all IP packets that a link carries while something is done. The link's namespace by its name, or by a
 * process that is in it.
 */
export async function capture(netns: string | { pid: number }, link: string, during: () => unknown): Promise<Buffer> {
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
  } finally {
    tcpdump.kill("SIGINT");
    await ending(tcpdump);
  }
  const packets = readFileSync(file);
  rmSync(file);
  return packets;
}

/** What marked pings carry and nothing else, for `ping -p`: seen on an underlay, a packet was in the clear. */
export const marker = "fa17c1ea";
export const isClear = (packets: Buffer): boolean => packets.includes(Buffer.from(marker.repeat(4), "hex"));
