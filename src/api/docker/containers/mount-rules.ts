import { isAbsolute, posix } from "node:path";
import { EngineError } from "../../../base/errors.ts";
import type { Mount } from "../../../model/container.ts";

/** Docker's words around what is wrong with a mount. */
export const badMount = (type: string, why: string): EngineError =>
  new EngineError("MOUNT_REFUSED", { why: `invalid mount config for type "${type}": ${why}` });

/** A place in the container, tidied; Docker's rules for it. */
export function mountTarget(path: string, type: string): string {
  if (path === "") throw badMount(type, "field Target must not be empty");
  const target = tidy(path);
  if (target === "/") throw badMount(type, "invalid specification: destination can't be '/'");
  if (!isAbsolute(path)) throw badMount(type, `invalid mount path: '${path}' mount path must be absolute`);
  return target;
}

/** Without "..", double and trailing slashes. */
export const tidy = (path: string): string => posix.normalize(path).replace(/(.)\/+$/, "$1");

export const propagationModes = ["private", "rprivate", "shared", "rshared", "slave", "rslave"];

/** Options of a tmpfs: flags of mount(8), and what the file system itself takes (mm/shmem.c at v6.12). */
const tmpfsFlags = /^(no)?(exec|suid|dev|atime|diratime|relatime|strictatime)$|^(ro|rw|async|sync|defaults)$/;
const tmpfsValues = /^(size|mode|uid|gid|nr_inodes|nr_blocks|mpol|huge)=/;
const isTmpfsOption = (option: string): boolean =>
  tmpfsFlags.test(option) || tmpfsValues.test(option) || propagationModes.includes(option);

export function tmpfsMount(target: string, options: readonly string[], readOnly = false): Mount {
  const wrong = options.find((option) => !isTmpfsOption(option));
  if (wrong !== undefined) throw badMount("tmpfs", `invalid tmpfs option "${wrong}"`);
  return {
    type: "tmpfs",
    source: "tmpfs",
    target,
    readOnly: readOnly || options.includes("ro"),
    options: options.filter((word) => word !== "ro" && word !== "rw"),
  };
}
