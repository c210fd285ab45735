import { existsSync } from "node:fs";
import { join } from "node:path";

/** Where the init process is in a container that has one; Docker's path. */
export const initPathInside = "/sbin/docker-init";

/** Static programs only, since an image need not have a C library: tini under its names, and podman's. */
const names = ["docker-init", "tini-static", "catatonit"];
const directories = ["/usr/local/bin", "/usr/bin", "/usr/sbin", "/usr/libexec/docker", "/usr/libexec/podman"];

/** An init process on this host for `--init`; undefined without one. */
export function findInit(): string | undefined {
  const places = names.flatMap((name) => directories.map((directory) => join(directory, name)));
  return places.find((path) => existsSync(path));
}
