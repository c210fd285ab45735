import type { RunPlan } from "../../contracts/runtime.ts";
import type { Mount } from "../../model/container.ts";

/** A mount of the OCI runtime specification 1.0.2. */
export interface OciMount {
  readonly destination: string;
  readonly type: string;
  readonly source: string;
  readonly options: readonly string[];
}

/** The user's mounts, shortest target first: a parent is mounted before what lies in it. */
export function userMounts(plan: RunPlan, subpaths: ReadonlyMap<string, string> = new Map()): OciMount[] {
  const byDepth = (left: Mount, right: Mount): number => depth(left.target) - depth(right.target);
  return [...plan.container.config.mounts].sort(byDepth).map((mount) => {
    if (mount.type === "tmpfs") return tmpfs(mount);
    if (mount.type === "bind") return bind(mount);
    return bind({ ...mount, source: subpaths.get(mount.target) ?? volumePath(plan, mount) });
  });
}

/** Where a mount's volume is on the host. */
export function volumePath({ volumes = {} }: Pick<RunPlan, "volumes">, { source }: Mount): string {
  const path = volumes[source];
  if (path === undefined) throw new Error(`Cannot mount volume ${source}: it has not been opened`);
  return path;
}

const depth = (path: string): number => path.split("/").filter((part) => part !== "").length;

const propagations = ["private", "rprivate", "shared", "rshared", "slave", "rslave"];

/** The propagation that a bind asks for; "" for none. */
export const propagationOf = ({ options }: Pick<Mount, "options">): string =>
  options.find((option) => propagations.includes(option)) ?? "";

/** A directory or file of the host. What is mounted below it comes with it, unless it says "bind". */
export function bind(mount: Pick<Mount, "source" | "target" | "readOnly" | "options" | "readOnlyBelow">): OciMount {
  const { source, target, readOnly, options } = mount;
  const propagation = propagationOf(mount) === "" ? ["rprivate"] : [];
  const recursion = options.includes("bind") ? [] : ["rbind"];
  return {
    destination: target,
    type: "bind",
    source,
    options: [...recursion, ...propagation, ...options, ...(readOnly ? readOnlyOptions(mount) : ["rw"])],
  };
}

/** Docker since 25 (API 1.44): what is mounted below is read-only too, "rro" of runc, mount_setattr(2), Linux 5.12. */
const readOnlyOptions = ({ readOnlyBelow }: Pick<Mount, "readOnlyBelow">): string[] =>
  readOnlyBelow === "never" ? ["ro"] : ["ro", "rro"];

const tmpfs = ({ target, readOnly, options }: Mount): OciMount => ({
  destination: target,
  type: "tmpfs",
  source: "tmpfs",
  options: ["noexec", "nosuid", "nodev", ...options, readOnly ? "ro" : "rw"],
});

/**
 * How the whole root must propagate for the binds to work (linux.rootfsPropagation): a bind is no more open than what it
 * is mounted in. Undefined: the runtime's private one.
 */
export function rootPropagation(mounts: readonly Mount[]): string | undefined {
  const asked = mounts.map((mount) => propagationOf(mount).replace(/^r/, ""));
  if (asked.includes("shared")) return "shared";
  return asked.includes("slave") ? "rslave" : undefined;
}
