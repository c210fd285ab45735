import type { ContainerConfig } from "../../model/container.ts";
import type { EndpointSettings } from "../../model/endpoint.ts";

/** Settings of an endpoint nobody asked anything of. */
export const plainSettings: EndpointSettings = {
  linkLocal: [],
  aliases: [],
  links: [],
  gwPriority: 0,
  driverOptions: {},
};
/** A container that runs `true` in the host's root, on the default network. */
export const plainConfig: ContainerConfig = {
  rootfs: { kind: "host" },
  args: ["true"],
  entrypoint: [],
  command: ["true"],
  env: [],
  workingDir: "",
  user: "",
  tty: false,
  openStdin: false,
  hostname: "",
  domainname: "",
  labels: {},
  mounts: [],
  sysctls: {},
  capAdd: [],
  capDrop: [],
  privileged: false,
  readonlyRootfs: false,
  autoRemove: false,
  stopSignal: "SIGTERM",
  stopTimeoutSeconds: 10,
  networkMode: { kind: "networks" },
  networkModeText: "bridge",
  exposed: [],
  publish: [],
  publishAll: false,
  dns: [],
  dnsSearch: [],
  dnsOptions: [],
  extraHosts: [],
};
