import type { RunPlan } from "../../contracts/runtime.ts";
import { resources } from "../limits/resources.ts";
import type { SeccompProfile } from "../seccomp/profile.ts";
import { thisMachine, translate } from "../seccomp/translate.ts";
import { capabilitySets, containerCapabilities } from "./capabilities.ts";
import { type DeviceNode, deviceRules } from "./devices.ts";
import { environment } from "./environment.ts";
import { type GrantedDevices, parseDeviceRule } from "./granted-devices.ts";
import { initPathInside } from "./init-process.ts";
import { containerMounts } from "./mounts.ts";
import { type JoinedNamespaces, namespaces } from "./namespaces.ts";
import type { ProcessUser } from "./process-user.ts";
import { protectedPaths } from "./protected-paths.ts";
import { rlimits } from "./rlimits.ts";
import { rootPropagation } from "./user-mounts.ts";

/** Everything a bundle's config.json depends on, so that it is made by a pure function. */
export interface SpecInput {
  readonly plan: RunPlan;
  /** The root as mounted. */
  readonly rootPath: string;
  readonly user: ProcessUser;
  /** Capabilities there are to hand out. */
  readonly capabilities: readonly string[];
  /** Device nodes of the host, for privileged containers. */
  readonly hostDevices: readonly DeviceNode[];
  /** Paths inside the container that would lead to the daemon's own files. */
  readonly secrets: readonly string[];
  readonly cgroupsPath: string;
  readonly seccomp?: SeccompProfile | undefined;
  /** Name of a loaded profile; absent on a host without AppArmor. */
  readonly apparmorProfile?: string | undefined;
  readonly devices?: GrantedDevices;
  /** Directories of this machine that are hidden, too. */
  readonly thermalPaths?: readonly string[];
  readonly joined?: JoinedNamespaces;
  /** Where the files of /dev/shm lie on the host; absent: in a file system of the container alone. */
  readonly shmPath?: string | undefined;
  /** The program on the host that runs the command, of containers with an init process. */
  readonly initPath?: string | undefined;
  /** Where the subpaths of volumes are mounted, by target. */
  readonly subpaths?: ReadonlyMap<string, string>;
}

/** The bundle's config.json: OCI runtime specification 1.0.2, filled as Docker fills it. */
export function configJson(input: SpecInput): Record<string, unknown> {
  const { config } = input.plan.container;
  return {
    ociVersion: "1.0.2",
    root: { path: input.rootPath, readonly: config.readonlyRootfs },
    ...(config.namespaces?.uts === "host" ? {} : { hostname: config.hostname }),
    process: process(input),
    mounts: containerMounts(input),
    linux: linux(input),
  };
}

function process({ plan, user, capabilities, initPath, apparmorProfile }: SpecInput): Record<string, unknown> {
  const { config } = plan.container;
  const { noNewPrivileges, oomScoreAdj } = config.confinement ?? {};
  return {
    terminal: config.tty,
    ...(config.tty && config.consoleSize
      ? { consoleSize: { height: config.consoleSize.rows, width: config.consoleSize.columns } }
      : {}),
    args: initPath === undefined ? config.args : [initPathInside, "--", ...config.args],
    env: environment(config, plan.linkEnv),
    cwd: config.workingDir || "/",
    user,
    capabilities: capabilitySets(containerCapabilities(config, capabilities), user.uid),
    rlimits: rlimits(config.limits?.ulimits ?? []),
    noNewPrivileges: noNewPrivileges ?? false,
    ...(apparmorProfile === undefined ? {} : { apparmorProfile }),
    oomScoreAdj: oomScoreAdj ?? 0,
  };
}

function linux(input: SpecInput): Record<string, unknown> {
  const { plan, secrets, cgroupsPath } = input;
  const { config } = plan.container;
  const { masked, readOnly } = protectedPaths(config, input.thermalPaths);
  const { nodes, rules } = devices(input);
  const rootfsPropagation = rootPropagation(config.mounts);
  return {
    ...(rootfsPropagation ? { rootfsPropagation } : {}),
    namespaces: namespaces(config.namespaces, { netnsPath: plan.netnsPath, joined: input.joined }),
    cgroupsPath,
    sysctl: sysctls(plan),
    devices: nodes,
    resources: { devices: rules, ...resources(config.limits ?? {}) },
    maskedPaths: [...masked, ...secrets],
    readonlyPaths: readOnly,
    ...seccomp(input),
  };
}

/** A granted device is the host's own node of that path, too, in a privileged container: granted wins. */
function devices({ plan, hostDevices, devices: granted = { nodes: [], rules: [] } }: SpecInput) {
  const { privileged, confinement } = plan.container.config;
  const own = new Set(granted.nodes.map(({ path }) => path));
  const others = privileged ? hostDevices.filter(({ path }) => !own.has(path)) : [];
  const asked = (confinement?.deviceCgroupRules ?? []).map(parseDeviceRule);
  return { nodes: [...others, ...granted.nodes], rules: [...deviceRules(privileged), ...granted.rules, ...asked] };
}

function seccomp({ plan, capabilities, seccomp: profile }: SpecInput): { seccomp?: Record<string, unknown> } {
  if (!profile) return {};
  const subject = { ...thisMachine(), capabilities: containerCapabilities(plan.container.config, capabilities) };
  return { seccomp: translate(profile, subject) };
}

/** In a stack of its own a container may use every port and ping without privileges, as in Docker since 20.10. */
const ownStack = { "net.ipv4.ip_unprivileged_port_start": "0", "net.ipv4.ping_group_range": "0 2147483647" };

function sysctls({ container: { config } }: RunPlan): Record<string, string> {
  const ownsStack = config.networkMode.kind === "networks" || config.networkMode.kind === "none";
  return {
    ...(ownsStack ? ownStack : {}),
    // The runtime specification of runc 1.1 has no domain name; the namespace's sysctl is the same thing.
    ...(config.domainname && config.namespaces?.uts !== "host" ? { "kernel.domainname": config.domainname } : {}),
    ...config.sysctls,
  };
}
