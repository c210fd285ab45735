import { lstatSync, readdirSync } from "node:fs";
import { join } from "node:path";

/** A device node as the runtime specification has it. */
export interface DeviceNode {
  readonly path: string;
  readonly type: "c" | "b";
  readonly major: number;
  readonly minor: number;
  readonly fileMode: number;
  readonly uid: number;
  readonly gid: number;
}

export interface DeviceRule {
  readonly allow: boolean;
  readonly type?: "c" | "b";
  readonly major?: number;
  readonly minor?: number;
  readonly access: string;
}

/** Major and minor numbers of Documentation/admin-guide/devices.txt. */
const usable: readonly [major: number, minor?: number][] = [
  [1, 3], // null
  [1, 5], // zero
  [1, 7], // full
  [1, 8], // random
  [1, 9], // urandom
  [5, 0], // tty
  [5, 1], // console
  [5, 2], // ptmx
  [136], // pts
];

/** Rules of the devices control group: nodes may be made, but only harmless ones opened; Docker's list. */
export function deviceRules(privileged: boolean): DeviceRule[] {
  if (privileged) return [{ allow: true, access: "rwm" }];
  return [
    { allow: false, access: "rwm" },
    { allow: true, type: "c", access: "m" },
    { allow: true, type: "b", access: "m" },
    ...usable.map(
      ([major, minor]): DeviceRule => ({
        allow: true,
        type: "c",
        major,
        ...(minor === undefined ? {} : { minor }),
        access: "rwm",
      }),
    ),
  ];
}

/** What runc makes itself in every container's /dev. */
const madeByRunc = new Set("null zero full random urandom tty ptmx".split(" ").map((name) => `/dev/${name}`));
/** What each container has for itself. */
const ofContainers = new Set("pts shm mqueue fd console".split(" "));

/** What a privileged container has besides. */
export const privilegedDevices = (): DeviceNode[] => hostDevices("/dev").filter(({ path }) => !madeByRunc.has(path));

/** The host's device nodes below a directory. */
export function hostDevices(directory: string): DeviceNode[] {
  return readdirSync(directory, { withFileTypes: true }).flatMap((entry): DeviceNode[] => {
    if (ofContainers.has(entry.name)) return [];
    const path = join(directory, entry.name);
    if (entry.isDirectory()) return hostDevices(path);
    const node = deviceNode(path, path);
    return node ? [node] : [];
  });
}

/** A device of the host as a node at `target`; undefined for what is no device. Links are not followed. */
export function deviceNode(path: string, target: string): DeviceNode | undefined {
  const entry = lstatSync(path);
  if (!entry.isCharacterDevice() && !entry.isBlockDevice()) return undefined;
  const { rdev, mode, uid, gid } = entry;
  return {
    path: target,
    type: entry.isBlockDevice() ? "b" : "c",
    ...deviceNumber(rdev),
    fileMode: mode & 0o7777,
    uid,
    gid,
  };
}

/** glibc's dev_t: the numbers' low and high bits interleaved, sysmacros.h. */
export const deviceNumber = (device: number): { major: number; minor: number } => {
  const bits = BigInt(device);
  return {
    major: Number(((bits >> 8n) & 0xfffn) | ((bits >> 32n) & 0xfffff000n)),
    minor: Number((bits & 0xffn) | ((bits >> 12n) & 0xffffff00n)),
  };
};
