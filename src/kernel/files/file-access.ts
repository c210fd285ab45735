import type { FileAccess } from "../../contracts/file-access.ts";
import { attribute, makeNode, setAttribute } from "../ffi/extra-files.ts";
import { MS_BIND, MS_RDONLY, MS_REC, MS_REMOUNT, mount } from "../ffi/libc.ts";
import { O_PATH, openInside } from "../ffi/open-inside.ts";
import { mounts } from "../mounts/mounts.ts";

/** The kernel's own. */
export const fileAccess: FileAccess = {
  open: openInside,
  pathOnly: O_PATH,
  attribute,
  setAttribute,
  makeNode,
  bind: (source, target, { recursive }) => mount(source, target, MS_BIND | (recursive ? MS_REC : 0)),
  makeReadOnly: (target) => mount("none", target, MS_REMOUNT | MS_BIND | MS_RDONLY),
  overlay: mounts.overlay,
};
