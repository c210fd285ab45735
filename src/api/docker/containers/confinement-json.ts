import type { HostConfinement } from "../../../contracts/limits.ts";
import { defaultShmBytes } from "../../../model/confinement.ts";
import type { ContainerConfig } from "../../../model/container.ts";

/** The part of HostConfig that says how a container is kept from the host; `host` has what counts where nothing was asked for. */
export function confinementJson(
  { confinement = {}, namespaces = {}, init, privileged }: ContainerConfig,
  host: Pick<HostConfinement, "maskedPaths" | "readonlyPaths">,
) {
  const { devices = [], deviceCgroupRules } = confinement;
  const usual = privileged ? { maskedPaths: null, readonlyPaths: null } : host;
  return {
    CgroupnsMode: namespaces.cgroup ?? "private",
    CgroupParent: namespaces.cgroupParent ?? "",
    IpcMode: namespaces.ipc ?? "private",
    PidMode: namespaces.pid ?? "",
    UTSMode: namespaces.uts ?? "",
    UsernsMode: namespaces.user ?? "",
    ShmSize: namespaces.shmSizeBytes ?? defaultShmBytes,
    GroupAdd: orNull(confinement.groupAdd),
    SecurityOpt: orNull(confinement.securityOpt),
    OomScoreAdj: confinement.oomScoreAdj ?? 0,
    Runtime: "runc",
    Devices: devices.map(({ pathOnHost, pathInContainer, permissions }) => ({
      PathOnHost: pathOnHost,
      PathInContainer: pathInContainer,
      CgroupPermissions: permissions,
    })),
    DeviceCgroupRules: orNull(deviceCgroupRules),
    DeviceRequests: null,
    MaskedPaths: confinement.maskedPaths ?? usual.maskedPaths,
    ReadonlyPaths: confinement.readonlyPaths ?? usual.readonlyPaths,
    ...(init === undefined ? {} : { Init: init }),
  };
}

const orNull = <T>(list: readonly T[] | undefined): readonly T[] | null => (list && list.length > 0 ? list : null);
