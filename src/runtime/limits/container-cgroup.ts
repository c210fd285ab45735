import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { ContainerLayout } from "../layout.ts";

/** Folders of a container's control groups: by controller in version 1, under "" in version 2, both on a hybrid machine. */
export type ContainerCgroup = Readonly<Record<string, string>>;

/** As runc made them, from its own record; undefined when the container has none. */
export function cgroupOf(files: ContainerLayout): ContainerCgroup | undefined {
  try {
    const state = JSON.parse(readFileSync(join(files.runcState, "state.json"), "utf8")) as {
      cgroup_paths: ContainerCgroup;
    };
    return state.cgroup_paths;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw cause;
  }
}

/** Folder of one controller; where version 1 has none, version 2 has them all in one. */
export const folderOf = (cgroup: ContainerCgroup, controller: string): string | undefined =>
  cgroup[controller] ?? cgroup[""];
