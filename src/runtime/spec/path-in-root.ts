import { lstatSync, readlinkSync } from "node:fs";
import { join } from "node:path";

/** As many as the kernel follows, path_resolution(7). */
const mostLinks = 40;

/**
 * Path on the host of what `path` means inside a root directory: links are followed as the container would, so that an
 * image's link to /etc/shadow leads to the image's own. Parts that are not there are taken as they are.
 */
export function pathInRoot(root: string, path: string): string {
  const rest = path.split("/");
  let inside: string[] = [];
  let links = 0;
  for (let part = rest.shift(); part !== undefined; part = rest.shift()) {
    if (part === "" || part === ".") continue;
    if (part === "..") {
      inside.pop();
      continue;
    }
    const target = linkAt(join(root, ...inside, part));
    if (target === undefined) {
      inside.push(part);
      continue;
    }
    links += 1;
    if (links > mostLinks) throw new Error(`Cannot resolve "${path}" in "${root}": too many symbolic links`);
    if (target.startsWith("/")) inside = [];
    rest.unshift(...target.split("/"));
  }
  return join(root, ...inside);
}

function linkAt(path: string): string | undefined {
  try {
    return lstatSync(path).isSymbolicLink() ? readlinkSync(path) : undefined;
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    throw cause;
  }
}
