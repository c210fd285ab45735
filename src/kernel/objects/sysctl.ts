import { readFileSync, writeFileSync } from "node:fs";
import { isAbsolute, normalize } from "node:path";
import type { KernelError } from "../../base/kernel-error.ts";
import type { SysctlObject } from "../../contracts/kernel.ts";
import { kernelError } from "../ffi/errno.ts";
import type { Session } from "../netns/session.ts";
import { compare, missing, type ObjectKind, type Outcome, unlessGone } from "./kind.ts";

/** Below /proc/sys/net, and nowhere else: the rest of /proc/sys is the machine's, whatever namespace one is in. */
function fileOf({ key }: SysctlObject): string {
  const path = normalize(key);
  if (isAbsolute(path) || path !== key || !path.startsWith("net/")) throw kernelError(`set sysctl "${key}"`, EPERM);
  return `/proc/sys/${path}`;
}
const EPERM = 1;

/** Values of several numbers are separated by tabs when read and by blanks when written. */
const words = (value: string) => value.trim().split(/\s+/).join(" ");

function write(object: SysctlObject): Outcome {
  const file = fileOf(object);
  try {
    const before = readFileSync(file, "utf8");
    if (words(before) === words(object.value)) return { made: true, undo: () => {} };
    writeFileSync(file, object.value, { flag: "r+" });
    return { made: true, undo: (session) => restore(session, object, before) };
  } catch (error) {
    const { code, errno } = error as NodeJS.ErrnoException;
    if (object.optional && code === "ENOENT") return { made: true, undo: () => {} };
    return { made: false, error: kernelError(`${name(object)}`, errno ?? 0) };
  }
}

function restore(session: Session, object: SysctlObject, before: string): void {
  unlessGone(() => set(session, { ...object, value: before.trim() }));
}

function set(session: Session, object: SysctlObject): void {
  const { error } = session.namespaces.runIn<Outcome>(object.netns, () => write(object));
  if (error) throw error;
}

const name = ({ key, value }: SysctlObject) => `set sysctl ${key} to "${value}"`;

/** A setting below /proc/sys/net, of a namespace or of one of its links. */
export const sysctlKind: ObjectKind<SysctlObject> = {
  name: ({ key }) => `sysctl ${key}`,
  make: (session, objects) =>
    session.namespaces.runIn<Outcome[]>(objects[0]?.netns ?? "", () => {
      let failed: KernelError | undefined;
      // The first that fails ends it: unlike netlink requests these need not be sent before an answer is seen.
      return objects.map((object) => {
        if (failed) return { made: false };
        const outcome = write(object);
        failed = outcome.error;
        return outcome;
      });
    }),
  check(seen, object) {
    const found = seen.sysctl(object.netns, object.key);
    if (found === undefined) return object.optional ? undefined : missing("no such setting");
    return compare({ value: [words(found), words(object.value)] });
  },
  mend: set,
  remove(session, object) {
    if (object.afterwards !== undefined) restore(session, object, object.afterwards);
  },
};
