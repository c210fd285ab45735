import { lstatSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Mounts } from "../contracts/mounts.ts";

/** Mount points below a directory, or on it; one that lies in another, or on top of it, comes later. */
export function mountsBelow(directory: string): string[] {
  return readFileSync("/proc/self/mountinfo", "utf8")
    .split("\n")
    .map((line) => unescapePath(line.split(" ")[4] ?? ""))
    .filter((path) => path === directory || path.startsWith(`${directory}/`));
}

/** Whether something is mounted on an entry of a directory. At once, however long the host's list of mounts is. */
export function holdsMount(directory: string): boolean {
  const own = lstatSync(directory, { throwIfNoEntry: false })?.dev;
  if (own === undefined) return false;
  return readdirSync(directory).some((name) => {
    const dev = lstatSync(join(directory, name), { throwIfNoEntry: false })?.dev;
    return dev !== undefined && dev !== own;
  });
}

/** Whoever removes a directory with all that is in it must not remove what is in a file system that is mounted there. */
export async function unmountBelow(mounts: Pick<Mounts, "unmount">, directory: string): Promise<void> {
  for (const place of mountsBelow(directory).toReversed()) await mounts.unmount(place);
}

/** proc_pid_mountinfo(5): blanks and backslashes are octal. */
const unescapePath = (text: string): string =>
  text.replace(/\\([0-7]{3})/g, (_all, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));
