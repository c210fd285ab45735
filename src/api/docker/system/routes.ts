import { readFileSync } from "node:fs";
import { cpus, release, totalmem } from "node:os";
import { logDrivers } from "../../../model/log-config.ts";
import { goArchitecture } from "../../../model/platform.ts";
import { type Call, type Reply, type Route, reply, route } from "../../route.ts";
import { newestVersion, oldestVersion } from "../../version.ts";
import { confinementFacts, limitFacts, limitWarnings } from "./host-facts.ts";
import { processFacts, programComponents, programFacts } from "./process-facts.ts";
import { indexServerAddress, registryConfig } from "./registry-config.ts";

const pingHeaders = { "Cache-Control": "no-cache, no-store, must-revalidate", Pragma: "no-cache", Swarm: "inactive" };

/** Docker Engine API: System. */
export const systemRoutes: readonly Route[] = [
  route({
    method: "GET",
    path: "/_ping",
    summary: "Say that the daemon answers",
    handle: () => reply(200, "OK", { ...pingHeaders, "Content-Type": "text/plain; charset=utf-8" }),
  }),
  route({
    method: "HEAD",
    path: "/_ping",
    summary: "Say that the daemon answers",
    handle: () =>
      reply(200, undefined, { ...pingHeaders, "Content-Type": "text/plain; charset=utf-8", "Content-Length": "0" }),
  }),
  route({ method: "GET", path: "/version", summary: "Versions of the daemon and its parts", handle: version }),
  route({ method: "GET", path: "/info", summary: "What the daemon is and has", handle: info }),
];

async function version({ daemon }: Call): Promise<Reply> {
  const arch = goArchitecture(process.arch);
  const details = {
    ApiVersion: newestVersion,
    Arch: arch,
    BuildTime: "",
    GitCommit: "",
    GoVersion: `node ${process.version}`,
    KernelVersion: release(),
    MinAPIVersion: oldestVersion,
    Os: "linux",
  };
  return reply(200, {
    Platform: { Name: "Fairlead" },
    Components: [
      // By this name the docker CLI knows it, and would add it if it were not there.
      { Name: "Engine", Version: daemon.version, Details: { ...details, Experimental: "false" } },
      ...programComponents(await daemon.programs()),
    ],
    Version: daemon.version,
    ...details,
  });
}

/** Docker's form of an engine's id; ours has 64 hexadecimal digits. */
const uuidOf = (id: string): string =>
  [id.slice(0, 8), id.slice(8, 12), id.slice(12, 16), id.slice(16, 20), id.slice(20, 32)].join("-");

async function info({ daemon, engine, images, version }: Call): Promise<Reply> {
  const counts = engine.counts();
  return reply(200, {
    ID: uuidOf(daemon.id),
    Containers: counts.created + counts.running + counts.paused + counts.exited,
    ContainersRunning: counts.running,
    ContainersPaused: counts.paused,
    ContainersStopped: counts.created + counts.exited,
    Images: images.list({}).length,
    Driver: "overlay2",
    DriverStatus: [],
    Plugins: { Volume: ["local"], Network: daemon.drivers(), Authorization: null, Log: logDrivers },
    ...limitFacts(engine),
    ...machine(daemon.hostname),
    ...processFacts(),
    ...programFacts(await daemon.programs()),
    Debug: daemon.debug,
    // Gone since 1.25, and clients of before look for it.
    ...(version < 25 ? { ExecutionDriver: "<not supported>" } : {}),
    SystemTime: new Date().toISOString(),
    LoggingDriver: daemon.logDriver,
    CgroupDriver: "cgroupfs",
    NEventsListener: 0,
    IndexServerAddress: indexServerAddress,
    RegistryConfig: registryConfig(daemon.registries),
    DockerRootDir: daemon.dataRoot,
    Labels: daemon.labels,
    ExperimentalBuild: false,
    ServerVersion: daemon.version,
    Runtimes: { runc: { path: "runc" } },
    DefaultRuntime: "runc",
    Swarm: {
      NodeID: "",
      NodeAddr: "",
      LocalNodeState: "inactive",
      ControlAvailable: false,
      Error: "",
      RemoteManagers: null,
    },
    LiveRestoreEnabled: true,
    Isolation: "",
    ...confinementFacts(engine, version),
    DefaultAddressPools: daemon.addressPools.map(({ base, size }) => ({ Base: base, Size: size })),
    ...(version >= 49 ? { FirewallBackend: { Driver: "nftables", Info: [["table", "inet fairlead"]] } } : {}),
    CDISpecDirs: [],
    ...clusterFacts(engine),
    Warnings: [...daemon.warnings(), ...limitWarnings(engine)],
  });
}

/** Docker's names from when its engine shared overlays through a store (until 1.40); its CLI of that time shows them. */
function clusterFacts({ cluster }: Call["engine"]) {
  const self = cluster.hosts().find(({ id }) => id === cluster.hostId);
  // A host that is alone has no address for others.
  return self?.vtep ? { ClusterStore: cluster.storeName, ClusterAdvertise: self.vtep } : {};
}

function machine(hostname: string) {
  return {
    IPv4Forwarding: sysctlIsOn("net/ipv4/ip_forward"),
    BridgeNfIptables: sysctlIsOn("net/bridge/bridge-nf-call-iptables"),
    BridgeNfIp6tables: sysctlIsOn("net/bridge/bridge-nf-call-ip6tables"),
    KernelVersion: release(),
    OperatingSystem: osRelease(),
    OSType: "linux",
    Architecture: process.arch === "x64" ? "x86_64" : "aarch64",
    NCPU: cpus().length,
    MemTotal: totalmem(),
    Name: hostname,
  };
}

function sysctlIsOn(key: string): boolean {
  try {
    return readFileSync(`/proc/sys/${key}`, "utf8").trim() === "1";
  } catch {
    return false; // the key is missing when its module is not loaded, which is off
  }
}

function osRelease(): string {
  try {
    return /^PRETTY_NAME="?(.*?)"?$/m.exec(readFileSync("/etc/os-release", "utf8"))?.[1] ?? "Linux";
  } catch {
    return "Linux"; // os-release(5) is optional
  }
}
