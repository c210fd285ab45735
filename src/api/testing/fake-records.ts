import { newId } from "../../base/ids.ts";
import type { ContainerRequest, NetworkRequest } from "../../engine/engine.ts";
import { type Container, type ContainerState, never } from "../../model/container.ts";
import type { Network } from "../../model/network.ts";

export const created = "2026-01-02T03:04:05.000000006Z";

export const blankNetwork: Omit<Network, "id" | "name" | "driver"> = {
  scope: "local",
  created,
  internal: false,
  attachable: false,
  ipv4: true,
  ipv6: false,
  ipamDriver: "default",
  ipamOptions: {},
  pools: [],
  userSubnets: false,
  options: {},
  labels: {},
  mtu: 1500,
  configOnly: false,
  builtIn: false,
};

export function networkFrom(request: NetworkRequest): Network {
  const { pools, ...rest } = request;
  const withSubnet = pools.map((pool) => ({ ...pool, subnet: pool.subnet ?? "172.20.0.0/16" }));
  const all = withSubnet.length > 0 ? withSubnet : [{ subnet: "172.19.0.0/16", gateway: "172.19.0.1", aux: {} }];
  return { ...blankNetwork, ...rest, id: newId(), pools: all };
}

export function containerFrom(request: ContainerRequest): Container {
  const id = newId();
  const state: ContainerState = {
    status: "created",
    pid: 0,
    exitCode: 0,
    startedAt: never,
    finishedAt: never,
    error: "",
    stoppedByUser: false,
  };
  const ports = request.config.publish.map(({ protocol, containerPort, hostPort }) => ({
    protocol,
    containerPort,
    hostPort,
    hostIp: "0.0.0.0",
  }));
  return { id, name: request.name || "made_up", created, config: request.config, state, sandboxId: id, ports };
}
