import { readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ending, lineOf, start } from "../../lab/process.ts";

/** The bytes of all IP packets that a link carries while something is done. */
export async function capture(netns: string, link: string, during: () => unknown): Promise<Buffer> {
  const file = join(tmpdir(), `${netns}-${link}.pcap`);
  const options = ["-i", link, "--immediate-mode", "-U", "-w", file, "ip or ip6"];
  const tcpdump = start(["ip", "netns", "exec", netns, "tcpdump", ...options]);
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
