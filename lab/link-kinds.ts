import { spawnSync } from "node:child_process";

const settings = { macvlan: "mode bridge", ipvlan: "mode l2", vlan: "id 50" } as const;

/** Kinds of links that a kernel may have been built without. */
export type LinkKind = keyof typeof settings;

/**
 * Why tests with links of this kind cannot run here; false when they can. Tried in a namespace of its own: a module is
 * loaded by its first use, so lists of modules say nothing.
 */
export function lacksLinkKind(kind: LinkKind): string | false {
  const commands = `ip link add under type veth peer name end && ip link add link under name over type ${kind} ${settings[kind]}`;
  const { status, stderr } = spawnSync("unshare", ["--net", "sh", "-c", commands], { encoding: "utf8" });
  return status === 0 ? false : `this kernel makes no links of kind ${kind}: ${stderr.trim()}`;
}
