import type { Container, ContainerConfig } from "../../src/model/container.ts";
import { never } from "../../src/model/container.ts";
import type { EndpointSettings } from "../../src/model/endpoint.ts";
import type { PortRequest } from "../../src/model/port.ts";

export const labSettings: EndpointSettings = {
  linkLocal: [],
  aliases: [],
  links: [],
  gwPriority: 0,
  driverOptions: {},
};

const config: ContainerConfig = {
  rootfs: { kind: "host" },
  ...{
    args: ["true"],
    entrypoint: [],
    command: ["true"],
    env: [],
    workingDir: "",
    user: "",
    tty: false,
    openStdin: false,
  },
  ...{ hostname: "", domainname: "", labels: {}, mounts: [], sysctls: {}, capAdd: [], capDrop: [], privileged: false },
  ...{ readonlyRootfs: false, autoRemove: false, stopSignal: "SIGTERM", stopTimeoutSeconds: 10 },
  networkMode: { kind: "networks" },
  ...{
    networkModeText: "one",
    exposed: [],
    publish: [],
    publishAll: false,
    dns: [],
    dnsSearch: [],
    dnsOptions: [],
    extraHosts: [],
  },
};

/** A container as the networking sees it: nothing runs in it. */
export function labContainer(name: string, publish: readonly PortRequest[] = []): Container {
  return {
    id: Buffer.from(name).toString("hex").padEnd(64, "0"),
    name,
    created: never,
    config: { ...config, publish },
    state: {
      status: "running",
      pid: 0,
      exitCode: 0,
      startedAt: never,
      finishedAt: never,
      error: "",
      stoppedByUser: false,
    },
    ports: [],
  };
}
