import type { Machine, MachinePlace } from "../machine.ts";
import { lineOf, start } from "../process.ts";

/**
 * Runs as first process of a machine, below tini. /proc is still the one of the lab's maker, which tells the number that
 * the maker knows tini by.
 */
const firstProcess = `
  set -e
  while read -r key value; do [ "$key" != PPid: ] || first=$value; done </proc/self/status
  mount -t proc proc /proc
  hostname "$2"
  ip link set lo up
  mkdir "$1"
  mount -t tmpfs -o mode=755 none "$1"
  mkdir "$1/data" "$1/run"
  [ ! -d /dev/shm ] || mount -t tmpfs -o mode=1777 none /dev/shm
  [ ! -d /run/netns ] || mount -t tmpfs none /run/netns
  echo "ready $first"
  exec sleep infinity </dev/null >/dev/null 2>&1`;

const namespaces = ["--net", "--mount", "--uts", "--propagation", "private", "--pid", "--fork", "--kill-child"];

/**
 * Makes a machine in the frame of a lab: network, mount, host name and process namespaces of its own. Its processes
 * belong to the frame, not to this process.
 */
export async function bear(frame: Machine, name: string): Promise<MachinePlace> {
  const folder = `${frame.folder}/${name}`;
  const first = ["tini", "--", "sh", "-c", firstProcess, "sh", folder, name];
  const child = start([...frame.entrance, "setsid", "--fork", "unshare", ...namespaces, ...first]);
  const line = await lineOf(child, /^ready \d+$/, `machine ${name}`);
  for (const stream of [child.stdin, child.stdout, child.stderr]) stream?.destroy();
  return { name, folder, pid: Number(line.slice("ready ".length)) };
}
