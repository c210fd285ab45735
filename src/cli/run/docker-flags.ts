import { flag, integer, list, type OptionValues, text } from "../command/options.ts";
import { badValue } from "../errors.ts";

/** Flags that are sent as docker's CLI sends them: the daemon alone decides what it warns of and what it refuses. */
export const dockerFlags = {
  cgroupns: text({ about: "cgroup namespace: private or host" }),
  cpuShares: integer({ short: "c", about: "relative weight of its CPU time" }),
  cpus: text({ about: "how many CPUs it may use, such as 1.5" }),
  cpusetCpus: text({ about: "which CPUs it may use, such as 0-2,4" }),
  device: list({ about: "device of the host, as path[:path-inside][:rwm]" }),
  groupAdd: list({ about: "further group of its user" }),
  init: flag({ about: "run an init process that reaps and passes signals on" }),
  ipc: text({ about: "IPC namespace: private, shareable, none, host or container:NAME" }),
  logDriver: text({ about: "json-file, local or none" }),
  memory: text({ short: "m", about: "memory it may use, such as 512m" }),
  memorySwap: text({ about: "memory and swap together; -1 for no limit" }),
  pid: text({ about: "process namespace: host or container:NAME" }),
  pidsLimit: integer({ about: "how many processes it may have; -1 for no limit" }),
  restart: text({ about: "no, always, unless-stopped or on-failure[:COUNT]" }),
  securityOpt: list({ about: "no-new-privileges, seccomp=unconfined and others" }),
  shmSize: text({ about: "size of /dev/shm, such as 64m" }),
  ulimit: list({ about: "limit of a resource, as name=soft[:hard]" }),
  userns: text({ about: "user namespace: host" }),
  uts: text({ about: "name namespace: host" }),
  volumesFrom: list({ about: "mounts of another container, as NAME[:ro]" }),
} as const;

type Flags = OptionValues<typeof dockerFlags>;

/** Their fields of HostConfig; those not given are zero, "" or empty. */
export function dockerHostConfig(flags: Flags): object {
  return {
    RestartPolicy: restartPolicy(flags.restart),
    Memory: bytes("-m, --memory", flags.memory),
    MemorySwap: flags.memorySwap === "-1" ? -1 : bytes("--memory-swap", flags.memorySwap),
    NanoCpus: nanoCpus(flags.cpus),
    CpuShares: flags.cpuShares,
    CpusetCpus: flags.cpusetCpus,
    PidsLimit: flags.pidsLimit,
    ShmSize: bytes("--shm-size", flags.shmSize),
    Init: flags.init,
    Ulimits: flags.ulimit.map(ulimit),
    Devices: flags.device.map(parseDevice),
    GroupAdd: flags.groupAdd,
    SecurityOpt: flags.securityOpt,
    LogConfig: flags.logDriver ? { Type: flags.logDriver } : {},
    PidMode: flags.pid,
    IpcMode: flags.ipc,
    CgroupnsMode: flags.cgroupns,
    UTSMode: flags.uts,
    UsernsMode: flags.userns,
    VolumesFrom: flags.volumesFrom,
  };
}

/** "always", "on-failure:3". */
function restartPolicy(text: string): object {
  if (text === "") return {};
  const [name = "", count] = text.split(":");
  if (!["no", "always", "unless-stopped", "on-failure"].includes(name) || (count !== undefined && !/^\d+$/.test(count)))
    throw badValue("--restart", text, "it must be no, always, unless-stopped or on-failure[:COUNT]");
  return { Name: name, ...(count === undefined ? {} : { MaximumRetryCount: Number(count) }) };
}

const units = ["b", "k", "m", "g", "t"];

/** "512m", "1.5g", "64": powers of 1024, as docker reads sizes of memory. */
function bytes(name: string, text: string): number {
  if (text === "") return 0;
  const [, number, unit = "b"] = /^(\d+(?:\.\d+)?)([bkmgt])?(?:i?b)?$/i.exec(text) ?? [];
  if (number === undefined) throw badValue(name, text, "it is no size such as 512m or 1.5g");
  return Math.floor(Number(number) * 1024 ** units.indexOf(unit.toLowerCase()));
}

function nanoCpus(text: string): number {
  if (text === "") return 0;
  if (!/^(\d+\.?\d*|\.\d+)$/.test(text)) throw badValue("--cpus", text, "it is no number such as 1.5");
  return Math.round(Number(text) * 1e9);
}

/** "nofile=1024:2048". */
function ulimit(text: string): object {
  const [, name, soft, hard = soft] = /^(\w+)=(-?\d+)(?::(-?\d+))?$/.exec(text) ?? [];
  if (name === undefined) throw badValue("--ulimit", text, "it must be NAME=SOFT[:HARD]");
  return { Name: name, Soft: Number(soft), Hard: Number(hard) };
}

/** "/dev/a[:/dev/b][:rwm]": what is not asked for is not granted. */
export function parseDevice(text: string): object {
  const [host = "", second = "", third, ...rest] = text.split(":");
  const isMode = third === undefined && /^[rwm]{1,3}$/.test(second);
  if (host === "" || rest.length > 0) throw badValue("--device", text, "it must be HOST-PATH[:CONTAINER-PATH][:rwm]");
  return {
    PathOnHost: host,
    PathInContainer: isMode || second === "" ? host : second,
    CgroupPermissions: (isMode ? second : third) || "rwm",
  };
}
