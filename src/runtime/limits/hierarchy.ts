import { readFileSync } from "node:fs";

/** Where the control groups are mounted: by controller in version 1, all in one in version 2. */
export type Hierarchy =
  | { readonly version: 1; readonly controllers: Readonly<Record<string, string>> }
  | { readonly version: 2; readonly root: string };

/**
 * The hierarchy that runc uses: version 2 only if it is all that is mounted at /sys/fs/cgroup. A hybrid machine has an
 * empty version 2 below it and counts as version 1.
 */
export function findHierarchy(mountinfo = readFileSync("/proc/self/mountinfo", "utf8")): Hierarchy {
  const mounts = mountinfo.split("\n").flatMap(cgroupMount);
  const unified = mounts.find(({ type, path }) => type === "cgroup2" && path === "/sys/fs/cgroup");
  if (unified) return { version: 2, root: unified.path };
  const controllers = mounts
    .filter(({ type }) => type === "cgroup")
    .flatMap(({ path, options }) => options.map((controller) => [controller, path] as const));
  return { version: 1, controllers: Object.fromEntries(controllers) };
}

/** proc_pid_mountinfo(5): fields, " - ", type, source and the options of the file system, among them the controllers. */
function cgroupMount(line: string): { type: string; path: string; options: string[] }[] {
  const [before = "", after = ""] = line.split(" - ");
  const [type = "", , options = ""] = after.split(" ");
  if (type !== "cgroup" && type !== "cgroup2") return [];
  return [{ type, path: before.split(" ")[4] ?? "", options: options.split(",") }];
}
