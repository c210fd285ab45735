import { existsSync } from "node:fs";
import type { ArchiveSource } from "../../contracts/archive.ts";
import type { Mount } from "../../model/container.ts";
import { volumePath } from "../spec/user-mounts.ts";
import type { ArchiveParts } from "./archive.ts";
import type { ViewMount, ViewSpec } from "./protocol.ts";

/** What the worker is to put together for a container: the mounted root of a running one, the layers of another. */
export function viewOf(source: ArchiveSource, { layout, roots }: Pick<ArchiveParts, "layout" | "roots">): ViewSpec {
  const { container, running } = source;
  const { rootfs, readonlyRootfs, mounts } = container.config;
  const files = layout.of(container.id);
  const common = {
    place: layout.view,
    mounts: [...ownFiles(source), ...mounts.filter(({ type }) => type !== "tmpfs")]
      .toSorted((left, right) => depth(left.target) - depth(right.target))
      .flatMap((mount) => viewMount(source, mount)),
    readOnly: readonlyRootfs,
  };
  if (rootfs.kind === "directory") return { root: { path: rootfs.path }, ...common };
  if (running) return { root: { path: files.merged }, ...common };
  return { root: roots.layers(rootfs, files), ...common };
}

/** What the runtime binds where nothing else is; before the first start there is nothing yet. */
function ownFiles({ container: { config }, files }: ArchiveSource): Mount[] {
  const paths = files
    ? { "/etc/resolv.conf": files.resolvConf, "/etc/hosts": files.hosts, "/etc/hostname": files.hostname }
    : {};
  return Object.entries(paths)
    .filter(([target]) => !config.mounts.some((mount) => mount.target === target))
    .map(([target, path]) => ({ type: "bind", source: path, target, readOnly: config.readonlyRootfs, options: [] }));
}

const depth = (path: string): number => path.split("/").length;

function viewMount(source: ArchiveSource, mount: Mount): ViewMount[] {
  const { type, target, readOnly, options, volume } = mount;
  const path = type === "bind" ? mount.source : volumePath(source, mount);
  // A bind whose source has gone since: the start will say so, a copy does without.
  if (!existsSync(path)) return [];
  const subpath = volume?.subpath ? { subpath: volume.subpath } : {};
  return [{ source: path, target, readOnly, recursive: !options.includes("bind"), ...subpath }];
}
