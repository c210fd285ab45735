import { type Static, Type } from "@sinclair/typebox";
import { field, flag, integer, keys, ofAnyType, text, textMap, texts, words } from "../../schema.ts";
import { endpointBody } from "../networks/endpoint-body.ts";
import { confinementFields } from "./confinement-body.ts";
import { givenConfigFields, givenHostConfigFields } from "./given-fields.ts";
import { healthcheckBody } from "./healthcheck.ts";
import { limitFields } from "./limits-body.ts";
import { restartPolicyBody } from "./restart-policy.ts";
import { unsupportedConfig, unsupportedHostConfig } from "./unsupported-fields.ts";

const portBinding = Type.Object({ HostIp: field(text), HostPort: field(text) });

const mount = Type.Object({
  Type: field(text),
  Source: field(text),
  Target: field(text),
  ReadOnly: field(flag),
  BindOptions: field(
    Type.Object({
      Propagation: field(text),
      NonRecursive: field(flag),
      CreateMountpoint: field(flag),
      ReadOnlyNonRecursive: field(flag),
      ReadOnlyForceRecursive: field(flag),
    }),
  ),
  VolumeOptions: field(
    Type.Object({
      NoCopy: field(flag),
      Labels: field(textMap),
      DriverConfig: field(Type.Object({ Name: field(text), Options: field(textMap) })),
      Subpath: field(text),
    }),
  ),
  TmpfsOptions: field(
    Type.Object({ SizeBytes: field(integer), Mode: field(integer), Options: field(Type.Array(texts)) }),
  ),
});

/** The fields of Docker's HostConfig that are carried out; unsupported-fields.ts has the rest. */
const hostConfig = Type.Object({
  ...ofAnyType([...givenHostConfigFields, ...Object.keys(unsupportedHostConfig)]),
  NetworkMode: field(text),
  PortBindings: field(Type.Record(Type.String(), Type.Union([Type.Array(portBinding), Type.Null()]))),
  PublishAllPorts: field(flag),
  Binds: field(texts),
  Mounts: field(Type.Array(mount)),
  Tmpfs: field(textMap),
  VolumesFrom: field(texts),
  VolumeDriver: field(text),
  Links: field(texts),
  Dns: field(texts),
  DnsOptions: field(texts),
  DnsSearch: field(texts),
  ExtraHosts: field(texts),
  Sysctls: field(textMap),
  CapAdd: field(texts),
  CapDrop: field(texts),
  Privileged: field(flag),
  ReadonlyRootfs: field(flag),
  AutoRemove: field(flag),
  RestartPolicy: field(restartPolicyBody),
  ...confinementFields,
  LogConfig: field(Type.Object({ Type: field(text), Config: field(textMap) })),
  ConsoleSize: field(Type.Array(integer, { maxItems: 2 })),
  ...limitFields,
});

/** Docker's container.CreateRequest, and our own field `Fairlead` for a root that comes from no image. */
export const containerCreateBody = Type.Object({
  ...ofAnyType([...givenConfigFields, ...Object.keys(unsupportedConfig)]),
  Image: field(text),
  Fairlead: field(Type.Object({ Rootfs: field(text) })),
  Cmd: words,
  Entrypoint: words,
  Env: field(texts),
  WorkingDir: field(text),
  User: field(text),
  Hostname: field(text),
  Domainname: field(text),
  Labels: field(textMap),
  StopSignal: field(text),
  StopTimeout: field(integer),
  Tty: field(flag),
  AttachStdin: field(flag),
  AttachStdout: field(flag),
  AttachStderr: field(flag),
  OpenStdin: field(flag),
  StdinOnce: field(flag),
  MacAddress: field(text),
  NetworkDisabled: field(flag),
  ExposedPorts: field(keys),
  Volumes: field(keys),
  Healthcheck: field(healthcheckBody),
  HostConfig: field(hostConfig),
  NetworkingConfig: field(
    Type.Object({ EndpointsConfig: field(Type.Record(Type.String(), Type.Union([endpointBody, Type.Null()]))) }),
  ),
});

export type CreateBody = Static<typeof containerCreateBody>;
export type HostConfigBody = Static<typeof hostConfig>;
export type MountBody = Static<typeof mount>;
export type PortBindingsBody = NonNullable<HostConfigBody["PortBindings"]>;
