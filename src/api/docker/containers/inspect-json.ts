import { shortId } from "../../../base/ids.ts";
import type { HostConfinement } from "../../../contracts/limits.ts";
import type { RootOverlay } from "../../../contracts/runtime.ts";
import type { ContainerView } from "../../../engine/engine.ts";
import { apparmorOf } from "../../../model/apparmor.ts";
import type { Container, ContainerConfig } from "../../../model/container.ts";
import { addresses, endpointJson } from "../networks/endpoint-json.ts";
import { confinementJson } from "./confinement-json.ts";
import { givenConfigJson, givenHostConfigJson } from "./given-fields.ts";
import { healthcheckJson } from "./healthcheck.ts";
import { limitsJson } from "./limits-json.ts";
import { linksJson } from "./links-json.ts";
import { mountsJson, storageJson, volumesJson } from "./mounts-json.ts";
import { portBindings, portMap, publishes } from "./ports-json.ts";
import { stateJson } from "./state-json.ts";

/** What inspect shows that is no part of a container's record. */
interface InspectFacts {
  readonly version: number;
  readonly host: HostConfinement;
  readonly overlay: RootOverlay | undefined;
}

/** Docker's container.InspectResponse. */
export function containerJson(view: ContainerView, { version, host, overlay }: InspectFacts) {
  const { container, files } = view;
  const { config } = container;
  return {
    Id: container.id,
    Created: container.created,
    Path: config.args[0] ?? "",
    Args: config.args.slice(1),
    State: stateJson(container),
    Image: config.rootfs.kind === "image" ? config.rootfs.imageId : "",
    ResolvConfPath: files.resolvConf,
    HostnamePath: files.hostname,
    HostsPath: files.hosts,
    LogPath: files.log,
    Name: `/${container.name}`,
    RestartCount: container.state.restartCount ?? 0,
    Driver: "overlay2",
    Platform: "linux",
    MountLabel: "",
    ProcessLabel: "",
    AppArmorProfile: host.apparmor === "on" ? apparmorOf(config) : "",
    ExecIDs: view.execIds.length > 0 ? view.execIds : null,
    HostConfig: hostConfigJson(view, host),
    GraphDriver: { Name: "overlay2", Data: overlay ? overlayJson(overlay) : null },
    Mounts: mountsJson(view),
    Config: configJson(view),
    NetworkSettings: networkSettingsJson(view, version),
  };
}

/** A list that was sent empty is shown so, one that was not sent as null. */
function dnsJson({ dns, dnsOptions, dnsSearch, given }: ContainerConfig) {
  const lists = { Dns: dns, DnsOptions: dnsOptions, DnsSearch: dnsSearch };
  const shown = Object.entries(lists).map(([name, list]) => [name, given?.hostConfig[name] ?? orNull(list)]);
  return Object.fromEntries(shown) as Record<keyof typeof lists, readonly string[] | null>;
}

const overlayJson = ({ lower, merged, upper, work }: RootOverlay) => ({
  LowerDir: lower.join(":"),
  MergedDir: merged,
  UpperDir: upper,
  WorkDir: work,
});

/** How a root is shown where Docker has an image: our own kinds by what they are. */
export function imageName({ rootfs }: ContainerConfig): string {
  if (rootfs.kind === "image") return rootfs.reference;
  return rootfs.kind === "directory" ? rootfs.path : "host";
}

/** Docker's rule: the short id unless a host name was given. */
const hostnameOf = ({ id, config }: Container): string => config.hostname || shortId(id);

function configJson({ container, endpoints }: ContainerView) {
  const { config } = container;
  const exposed = Object.keys(portMap(config, []));
  return {
    Hostname: hostnameOf(container),
    Domainname: config.domainname,
    User: config.user,
    AttachStdin: config.attached?.stdin ?? false,
    AttachStdout: config.attached?.stdout ?? false,
    AttachStderr: config.attached?.stderr ?? false,
    ...(exposed.length > 0 ? { ExposedPorts: Object.fromEntries(exposed.map((key) => [key, {}])) } : {}),
    Tty: config.tty,
    OpenStdin: config.openStdin,
    StdinOnce: config.stdinOnce ?? false,
    Env: config.env,
    Cmd: orNull(config.command),
    ...(config.healthcheck ? { Healthcheck: healthcheckJson(config.healthcheck) } : {}),
    Image: imageName(config),
    Volumes: volumesJson(config),
    WorkingDir: config.workingDir,
    Entrypoint: orNull(config.entrypoint),
    ...(config.networkDisabled ? { NetworkDisabled: true } : {}),
    ...wantedMac(config, endpoints),
    OnBuild: null,
    Labels: config.labels,
    ...givenConfigJson(config),
  };
}

const orNull = <T>(list: readonly T[]): readonly T[] | null => (list.length > 0 ? list : null);

/**
 * Until 1.44 a container had one MacAddress, that of its first network; since then each endpoint has its own. Docker
 * shows it here until 1.52.
 */
function wantedMac({ networkModeText: mode }: ContainerConfig, endpoints: ContainerView["endpoints"]) {
  const main = endpoints.find(({ network: { name, id } }) => name === mode || id === mode) ?? endpoints[0];
  const mac = main?.endpoint.settings.mac;
  return mac ? { MacAddress: mac } : {};
}

function hostConfigJson(view: ContainerView, host: HostConfinement) {
  const { config } = view.container;
  return {
    ...storageJson(config),
    ...givenHostConfigJson(config),
    Links: linksJson(view),
    LogConfig: { Type: config.logConfig?.type ?? "json-file", Config: config.logConfig?.options ?? {} },
    NetworkMode: config.networkModeText,
    PortBindings: portBindings(config.publish),
    RestartPolicy: {
      Name: config.restartPolicy?.name ?? "no",
      MaximumRetryCount: config.restartPolicy?.maximumRetryCount ?? 0,
    },
    AutoRemove: config.autoRemove,
    CapAdd: orNull(config.capAdd),
    CapDrop: orNull(config.capDrop),
    ...dnsJson(config),
    ExtraHosts: orNull(config.extraHosts),
    Privileged: config.privileged,
    PublishAllPorts: config.publishAll,
    ReadonlyRootfs: config.readonlyRootfs,
    Sysctls: config.sysctls,
    ...confinementJson(config, host),
    ...limitsJson(config.limits),
  };
}

/** NetworkSettings of inspect. The flat fields of the default bridge went in 1.52, which is beyond what we speak. */
function networkSettingsJson(view: ContainerView, version: number) {
  const { container, endpoints, sandboxPath } = view;
  const running = container.state.status === "running";
  // Another container's attachments are not this one's: container:NAME shows none, as in Docker.
  const own = container.config.networkMode.kind === "container" ? [] : endpoints;
  const main = own.find(({ network }) => network.name === "bridge");
  return {
    Bridge: "",
    SandboxID: running ? (container.sandboxId ?? "") : "",
    SandboxKey: running ? sandboxPath : "",
    Ports: running && publishes(container.config) ? portMap(container.config, container.ports) : {},
    HairpinMode: false,
    LinkLocalIPv6Address: "",
    LinkLocalIPv6PrefixLen: 0,
    SecondaryIPAddresses: null,
    SecondaryIPv6Addresses: null,
    EndpointID: running ? (main?.endpoint.id ?? "") : "",
    ...addresses(running && main ? main.endpoint : {}, main?.network),
    MacAddress: running ? (main?.endpoint.mac ?? "") : "",
    Networks: Object.fromEntries(own.map((one) => [one.network.name, endpointJson(one, { container, version })])),
  };
}
