import { shortId } from "../../base/ids.ts";
import { type Container, type ContainerConfig, never } from "../../model/container.ts";

/** A container on the host's root that runs `true`, but for what the test sets. */
export function containerOf(id: string, config: Partial<ContainerConfig>): Container {
  return {
    id,
    name: `test-${shortId(id)}`,
    created: "2026-01-02T03:04:05.000000000Z",
    config: { ...defaults, hostname: shortId(id), ...config },
    state: {
      status: "created",
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

const defaults: ContainerConfig = {
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
  networkMode: { kind: "host" },
  networkModeText: "host",
  exposed: [],
  publish: [],
  publishAll: false,
  dns: [],
  dnsSearch: [],
  dnsOptions: [],
  extraHosts: [],
};
