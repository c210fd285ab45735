import { closeSync, constants, fstatSync, openSync, writeFileSync } from "node:fs";
import { posix } from "node:path";
import type { FileAccess } from "../../contracts/file-access.ts";
import { Inside, type OpenFile, opened, statOf } from "./inside.ts";
import type { LowerSpec, ViewMount, ViewSpec } from "./protocol.ts";

/**
 * Puts a container's files together: its root, and on it its volumes and binds. Only for a process that has a mount
 * namespace of its own: with it the mounts end, however it ends, so nothing has to be undone, and nobody else ever sees
 * them. Targets are resolved within the root, and mounted on by descriptor.
 */
export function openView({ root, place, mounts, readOnly }: ViewSpec, access: FileAccess): Inside {
  if ("path" in root) access.bind(root.path, place, { recursive: false });
  else access.overlay({ ...root, target: place });
  const inside = new Inside(openSync(place, access.pathOnly | constants.O_DIRECTORY), access);
  for (const mount of mounts) addMount(inside, mount);
  // What is mounted on it keeps its own mode.
  if (readOnly) access.makeReadOnly(place);
  return inside;
}

/** The layers below a container's own, to be read. */
export function openLower({ layers, place }: LowerSpec, access: FileAccess): Inside {
  const [only = place, ...more] = layers;
  if (more.length > 0) access.overlay({ lower: layers, target: place });
  return new Inside(openSync(more.length > 0 ? place : only, access.pathOnly | constants.O_DIRECTORY), access);
}

function addMount(inside: Inside, mount: ViewMount): void {
  const { access } = inside;
  using source = openSource(mount, access);
  {
    using target = makeTarget(inside, mount.target, fstatSync(source.fd).isDirectory());
    access.bind(source.path, target.path, mount);
  }
  if (!mount.readOnly) return;
  // Opened anew: what was opened before lies below the mount.
  using mounted = inside.open(mount.target, access.pathOnly);
  access.makeReadOnly(mounted.path);
}

function openSource({ source, subpath }: ViewMount, access: FileAccess): OpenFile {
  const base = openSync(source, access.pathOnly);
  if (subpath === undefined) return opened(base);
  try {
    return opened(access.open(base, subpath, { flags: access.pathOnly, links: "beneath" }));
  } finally {
    closeSync(base);
  }
}

/** As runc does at every start: a mount needs something to be mounted on. */
function makeTarget(inside: Inside, target: string, isDirectory: boolean): OpenFile {
  if (isDirectory) return inside.makeDirectory(target);
  const name = posix.basename(target);
  {
    using parent = inside.makeDirectory(posix.dirname(target));
    if (!statOf(parent, name)) writeFileSync(`${parent.path}/${name}`, "", { flag: "wx" });
  }
  return inside.open(target, inside.access.pathOnly);
}
