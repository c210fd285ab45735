import { globSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { basename } from "node:path";
import type { Host } from "../../../lab/host.ts";
import { Layout } from "../../../src/runtime/layout.ts";

/** What containers have of a machine beside its network, by container id, each list sorted. */
export interface Residue {
  /** Pinned network namespaces. */
  readonly namespaces: readonly string[];
  readonly mounts: readonly string[];
  /** conmon processes. */
  readonly monitors: readonly string[];
  readonly cgroups: readonly string[];
  /** Directories that one run of a container has. */
  readonly runs: readonly string[];
  /** Directories that a container has from its creation to its removal. */
  readonly kept: readonly string[];
}

/** Looks for itself, past the daemon: at processes, mounts, control groups and files of the host. */
export function residueOf(host: Host): Residue {
  const { folder, pid } = host;
  const { cgroupParent } = new Layout(`${folder}/data`, `${folder}/run`);
  const idsIn = (...paths: string[]) =>
    paths.flatMap((path) => globSync(host.pathOf(`${folder}/${path}/*`)).map((found) => basename(found)));
  return {
    namespaces: sorted(idsIn("run/netns")),
    mounts: sorted(mountPoints(pid).flatMap((path) => /\/run\/containers\/([0-9a-f]{64})\//.exec(path)?.[1] ?? [])),
    monitors: sorted(monitors(folder)),
    cgroups: sorted(globSync(`/sys/fs/cgroup/{,*/}${cgroupParent}/*/`).map((path) => basename(path))),
    runs: sorted(idsIn("run/containers", "run/runc")),
    kept: sorted(idsIn("data/containers", "data/files")),
  };
}

/** What there should be: of running containers everything, of others at most what is kept. */
export function expectedResidue(found: Residue, running: readonly string[], all: readonly string[]): Residue {
  const ids = sorted(running);
  const kept = found.kept.filter((id) => all.includes(id));
  return { namespaces: ids, mounts: ids, monitors: ids, cgroups: ids, runs: ids, kept };
}

function mountPoints(pid: number): string[] {
  return readFileSync(`/proc/${pid}/mountinfo`, "utf8")
    .split("\n")
    .map((line) => line.split(" ")[4] ?? "");
}

/** conmon is told the directories of its container: those of this host name its folder. */
function monitors(folder: string): string[] {
  return globSync("/proc/[0-9]*/cmdline").flatMap((path) => {
    const words = textOf(path).split("\0");
    const ours = words[0]?.endsWith("conmon") && words.some((word) => word.startsWith(folder));
    return ours ? (words[words.indexOf("--cid") + 1] ?? []) : [];
  });
}

/** "" for a process that has ended meanwhile. */
function textOf(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

const sorted = (ids: readonly string[]): string[] => [...new Set(ids)].sort();

/** Counts of what the daemon itself holds. */
export interface Holdings {
  readonly threads: number;
  /** What its descriptors lead to, without the numbers that differ from one to the next. */
  readonly descriptors: readonly string[];
}

export function holdingsOf(pid: number): Holdings {
  const descriptors = readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
    try {
      return readlinkSync(`/proc/${pid}/fd/${fd}`).replace(/\d+/g, "N");
    } catch {
      return []; // closed meanwhile
    }
  });
  return { threads: readdirSync(`/proc/${pid}/task`).length, descriptors: descriptors.sort() };
}
