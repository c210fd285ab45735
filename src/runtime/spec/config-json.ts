import type { RunPlan } from "../../contracts/runtime.ts";
import { capabilitySets, containerCapabilities } from "./capabilities.ts";
import { type DeviceNode, deviceRules } from "./devices.ts";
import { environment } from "./environment.ts";
import { containerMounts } from "./mounts.ts";
import type { ProcessUser } from "./process-user.ts";
import { maskedPaths, readonlyPaths } from "./protected-paths.ts";

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
}

/** The bundle's config.json: OCI runtime specification 1.0.2, filled as Docker fills it. */
export function configJson(input: SpecInput): Record<string, unknown> {
  const { config } = input.plan.container;
  return {
    ociVersion: "1.0.2",
    root: { path: input.rootPath, readonly: config.readonlyRootfs },
    hostname: config.hostname,
    process: process(input),
    mounts: containerMounts(input.plan),
    linux: linux(input),
  };
}

function process({ plan, user, capabilities }: SpecInput): Record<string, unknown> {
  const { config } = plan.container;
  return {
    terminal: config.tty,
    args: config.args,
    env: environment(config),
    cwd: config.workingDir || "/",
    user,
    capabilities: capabilitySets(containerCapabilities(config, capabilities), user.uid),
    oomScoreAdj: 0,
  };
}

function linux({ plan, hostDevices, secrets, cgroupsPath }: SpecInput): Record<string, unknown> {
  const { config } = plan.container;
  return {
    namespaces: namespaces(plan),
    cgroupsPath,
    sysctl: sysctls(plan),
    devices: config.privileged ? hostDevices : [],
    resources: { devices: deviceRules(config.privileged) },
    maskedPaths: [...(config.privileged ? [] : maskedPaths), ...secrets],
    readonlyPaths: config.privileged ? [] : readonlyPaths,
  };
}

function namespaces({ netnsPath }: RunPlan): { type: string; path?: string }[] {
  const own = ["mount", "pid", "ipc", "uts", "cgroup"].map((type) => ({ type }));
  return netnsPath === undefined ? own : [...own, { type: "network", path: netnsPath }];
}

/** In a stack of its own a container may use every port and ping without privileges, as in Docker since 20.10. */
const ownStack = { "net.ipv4.ip_unprivileged_port_start": "0", "net.ipv4.ping_group_range": "0 2147483647" };

function sysctls({ container: { config } }: RunPlan): Record<string, string> {
  const ownsStack = config.networkMode.kind === "networks" || config.networkMode.kind === "none";
  return {
    ...(ownsStack ? ownStack : {}),
    // The runtime specification of runc 1.1 has no domain name; the namespace's sysctl is the same thing.
    ...(config.domainname ? { "kernel.domainname": config.domainname } : {}),
    ...config.sysctls,
  };
}
