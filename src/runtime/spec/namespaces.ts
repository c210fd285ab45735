import type { NamespaceModes } from "../../model/confinement.ts";

/** Namespaces of other containers that this one joins: paths in /proc. */
export interface JoinedNamespaces {
  readonly pid?: string;
  readonly ipc?: string;
}

interface OciNamespace {
  readonly type: string;
  readonly path?: string;
}

/** `linux.namespaces`: what is not listed is the host's. */
export function namespaces(
  modes: NamespaceModes = {},
  { netnsPath, joined = {} }: { netnsPath?: string | undefined; joined?: JoinedNamespaces | undefined },
): OciNamespace[] {
  return [
    { type: "mount" },
    ...(modes.pid === "host" ? [] : [at("pid", joined.pid)]),
    ...(modes.ipc === "host" ? [] : [at("ipc", joined.ipc)]),
    ...(modes.uts === "host" ? [] : [{ type: "uts" }]),
    ...(modes.cgroup === "host" ? [] : [{ type: "cgroup" }]),
    ...(netnsPath === undefined ? [] : [at("network", netnsPath)]),
  ];
}

const at = (type: string, path: string | undefined): OciNamespace => (path === undefined ? { type } : { type, path });
