import { existsSync, mkdirSync } from "node:fs";
import { EngineError } from "../base/errors.ts";
import { shortId } from "../base/ids.ts";
import { defaultShmBytes } from "../model/confinement.ts";
import type { Container, ContainerConfig } from "../model/container.ts";
import { checkApparmor } from "./apparmor/apparmor.ts";
import type { ContainerLayout } from "./layout.ts";
import type { RuntimeParts } from "./parts.ts";
import { seccompOf } from "./seccomp/seccomp-of.ts";
import type { SpecInput } from "./spec/config-json.ts";
import { grantedDevices } from "./spec/granted-devices.ts";
import { findInit } from "./spec/init-process.ts";
import type { JoinedNamespaces } from "./spec/namespaces.ts";
import { thermalPaths } from "./spec/protected-paths.ts";

/** Runtime.checkConfinement: what a start would fail for, told at creation. */
export function checkConfinement(config: ContainerConfig): void {
  seccompOf(config);
  grantedDevices(config.confinement?.devices ?? []);
  if (config.init) initOf(config);
  checkApparmor(config);
}

/** What a bundle says of confinement and depends on the host as it is now; mounts a /dev/shm that others may share. */
export function openConfinement(
  parts: RuntimeParts,
  { id, config }: Container,
): Pick<SpecInput, "seccomp" | "devices" | "thermalPaths" | "joined" | "shmPath" | "initPath"> {
  const init = config.init ? initOf(config) : undefined;
  return {
    seccomp: seccompOf(config),
    devices: grantedDevices(config.confinement?.devices ?? []),
    thermalPaths: thermalPaths(),
    joined: joinedBy(parts, config),
    shmPath: openSharedMemory(parts, id, config),
    initPath: init,
  };
}

export const closeConfinement = ({ mounts }: RuntimeParts, files: ContainerLayout): Promise<void> =>
  mounts.unmount(files.shm);

/** One that joins another container's processes is not their first and has nothing to reap: no init, as in Docker. */
function initOf({ namespaces }: ContainerConfig): string | undefined {
  if (namespaces?.pid !== undefined) return undefined;
  const found = findInit();
  if (found) return found;
  const instead = 'install one with "apt-get install tini", or run it without --init';
  throw new EngineError("NOT_SUPPORTED", { what: "an init process on this host", instead });
}

function joinedBy(parts: RuntimeParts, { namespaces: { pid, ipc } = {} }: ContainerConfig): JoinedNamespaces {
  const path = (mode: string | undefined, name: string) => {
    const target = targetOf(mode);
    return target === undefined ? {} : { [name]: `/proc/${runningPid(parts, target, name)}/ns/${name}` };
  };
  return { ...path(pid, "pid"), ...path(ipc, "ipc") };
}

/** Of "container:ID" the id. */
const targetOf = (mode: string | undefined): string | undefined =>
  mode?.startsWith("container:") ? mode.slice("container:".length) : undefined;

function runningPid({ processes }: RuntimeParts, id: string, what: string): number {
  const process = processes.started(id);
  if (process) return process.pid;
  throw new EngineError("NAMESPACE_NOT_JOINED", { namespace: what.toUpperCase(), container: id });
}

function sharedBy(target: string, shm: string): string {
  if (existsSync(shm)) return shm;
  const why = "non-shareable IPC (hint: run it with --ipc shareable)";
  throw new EngineError("CONTAINER_REFUSED", { container: shortId(target), why });
}

/** The file system is mounted on the host, since a container's own cannot be bound into another one. */
function openSharedMemory({ layout, mounts }: RuntimeParts, id: string, { namespaces }: ContainerConfig) {
  const target = targetOf(namespaces?.ipc);
  if (target !== undefined) return sharedBy(target, layout.of(target).shm);
  if (namespaces?.ipc !== "shareable") return undefined;
  const { shm } = layout.of(id);
  mkdirSync(shm, { recursive: true });
  mounts.tmpfs({ target: shm, sizeBytes: namespaces.shmSizeBytes ?? defaultShmBytes, mode: 0o1777 });
  return shm;
}
