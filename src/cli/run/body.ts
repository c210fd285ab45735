import { resolve } from "node:path";
import type { OptionValues } from "../command/options.ts";
import { ExitError } from "../errors.ts";
import { capabilities } from "./capabilities.ts";
import { dockerHostConfig } from "./docker-flags.ts";
import { readEnvironment, readLabels } from "./environment.ts";
import { healthConfig } from "./health-flags.ts";
import { parseDnsServer, parseExtraHost } from "./hosts.ts";
import { parseMount, parseTmpfs, parseVolumes } from "./mounts.ts";
import { networkingOf } from "./networks.ts";
import type { containerOptions } from "./options.ts";
import { parseExposed, parsePortSpec } from "./ports.ts";

export type ContainerFlags = OptionValues<typeof containerOptions>;

export interface Surroundings {
  readonly directory: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Whether the command is going to attach, or leave the container in the background. */
  readonly attaches: boolean;
  /** Of our own terminal. */
  readonly size?: readonly [rows: number, columns: number];
}

/**
 * The body of Docker's ContainerCreate that a command line means, as docker's CLI makes it: what was not asked for is
 * left out. `words` are image and command; with --rootfs there is no image and they are the command.
 */
export function containerBody(flags: ContainerFlags, words: readonly string[], around: Surroundings): object {
  const [image, command] = flags.rootfs ? [undefined, words] : [words[0], words.slice(1)];
  if (!flags.rootfs && !image)
    throw new ExitError(1, "an image is missing: name one, or give --rootfs host or --rootfs DIR");
  const { mode, endpoints } = networkingOf(flags);
  const ports = publishedPorts(flags);
  const volumes = parseVolumes(flags.volume, around.directory);
  return {
    ...(image ? { Image: image } : { Fairlead: { Rootfs: rootfsPath(flags.rootfs, around.directory) } }),
    ...given({
      Cmd: command,
      Hostname: flags.hostname,
      Domainname: flags.domainname,
      User: flags.user,
      WorkingDir: flags.workdir,
      Tty: flags.tty,
      OpenStdin: flags.interactive,
      AttachStdin: flags.interactive && around.attaches,
      StdinOnce: flags.interactive && around.attaches,
      Env: readEnvironment(flags.envFile, flags.env, around.environment),
      Labels: readLabels(flags.labelFile, flags.label),
      ExposedPorts: ports.exposed,
      Volumes: Object.fromEntries(volumes.anonymous.map((path) => [path, {}])),
      Entrypoint: flags.entrypoint === "" ? [] : [flags.entrypoint],
      StopSignal: flags.stopSignal,
      ...healthConfig(flags),
    }),
    ...(flags.stopTimeout === undefined ? {} : { StopTimeout: flags.stopTimeout }),
    AttachStdout: around.attaches,
    AttachStderr: around.attaches,
    HostConfig: { NetworkMode: mode, ...given(hostConfig(flags, ports.bindings, volumes.binds, around)) },
    ...(Object.keys(endpoints).length > 0 ? { NetworkingConfig: { EndpointsConfig: endpoints } } : {}),
  };
}

function hostConfig(flags: ContainerFlags, bindings: object, binds: readonly string[], around: Surroundings) {
  return {
    PortBindings: bindings,
    PublishAllPorts: flags.publishAll,
    Binds: binds,
    Mounts: flags.mount.map((mount) => parseMount(mount, around.directory)),
    Tmpfs: parseTmpfs(flags.tmpfs),
    Links: flags.link,
    Dns: flags.dns.map(parseDnsServer),
    DnsOptions: flags.dnsOption,
    DnsSearch: flags.dnsSearch,
    ExtraHosts: flags.addHost.map(parseExtraHost),
    Sysctls: flags.sysctl,
    ...capabilities(flags),
    Privileged: flags.privileged,
    ReadonlyRootfs: flags.readOnly,
    AutoRemove: flags.rm,
    ConsoleSize: flags.tty ? around.size : undefined,
    ...dockerHostConfig(flags),
  };
}

/** -p and --expose. What is published is exposed too. */
function publishedPorts(flags: ContainerFlags) {
  const bindings: Record<string, { HostIp: string; HostPort: string }[]> = {};
  for (const port of flags.publish.flatMap(parsePortSpec)) {
    const key = `${port.containerPort}/${port.protocol}`;
    bindings[key] = [...(bindings[key] ?? []), { HostIp: port.hostIp, HostPort: port.hostPort }];
  }
  const exposed = [...Object.keys(bindings), ...flags.expose.flatMap(parseExposed)];
  return { bindings, exposed: Object.fromEntries(exposed.map((key) => [key, {}])) };
}

const rootfsPath = (rootfs: string, directory: string): string =>
  rootfs === "host" ? rootfs : resolve(directory, rootfs);

/** Fields with something in them; Go's decoder gives the others their zero value. */
function given<T extends object>(fields: T): Partial<T> {
  const says = (value: unknown): boolean =>
    typeof value === "object" && value !== null ? Object.keys(value).length > 0 : Boolean(value);
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => says(value))) as Partial<T>;
}
