import { realpathSync, statSync } from "node:fs";
import { join, relative } from "node:path";
import { invalid } from "../../base/errors.ts";
import type { DeviceGrant } from "../../model/confinement.ts";
import { type DeviceNode, type DeviceRule, deviceNode, hostDevices } from "./devices.ts";

/** Nodes to make in a container, and what it may do with them. */
export interface GrantedDevices {
  readonly nodes: readonly DeviceNode[];
  readonly rules: readonly DeviceRule[];
}

/** Devices as they are on the host now; of a directory all that are in it. Throws INVALID for what is no device. */
export function grantedDevices(grants: readonly DeviceGrant[]): GrantedDevices {
  const found = grants.flatMap((grant) => nodesOf(grant).map((node) => ({ node, access: grant.permissions })));
  return {
    nodes: found.map(({ node }) => node),
    rules: found.map(({ node: { type, major, minor }, access }) => ({ allow: true, type, major, minor, access })),
  };
}

function nodesOf({ pathOnHost, pathInContainer }: DeviceGrant): DeviceNode[] {
  const path = real(pathOnHost);
  const nodes = statSync(path).isDirectory()
    ? hostDevices(path).map((node) => ({ ...node, path: join(pathInContainer, relative(path, node.path)) }))
    : [deviceNode(path, pathInContainer)].filter((node) => node !== undefined);
  if (nodes.length > 0) return nodes;
  throw refused(pathOnHost, "not a device node");
}

function real(path: string): string {
  try {
    return realpathSync(path);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw refused(path, code === "ENOENT" ? "no such file or directory" : String(cause));
  }
}

const refused = (path: string, why: string) =>
  invalid("device", `error gathering device information while adding custom device "${path}": ${why}`);

/** "c 10:200 rwm" and "a *:* rwm", as `linux.resources.devices` has them. */
export function parseDeviceRule(text: string): DeviceRule {
  const [type = "a", numbers = "*:*", access = "rwm"] = text.split(" ");
  const [major = "*", minor = "*"] = numbers.split(":");
  return {
    allow: true,
    ...(type === "a" ? {} : { type: type as "c" | "b" }),
    ...(major === "*" ? {} : { major: Number(major) }),
    ...(minor === "*" ? {} : { minor: Number(minor) }),
    access,
  };
}
