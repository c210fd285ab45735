import { EngineError } from "../../base/errors.ts";
import { newId } from "../../base/ids.ts";
import type { Rollback } from "../../base/rollback.ts";
import type { Container } from "../../model/container.ts";
import type { Endpoint } from "../../model/endpoint.ts";
import type { PortMapping, PortRequest } from "../../model/port.ts";
import type { ContainerRequest } from "../engine.ts";
import type { Networking, OpenNetwork } from "../networking.ts";
import type { State } from "../state.ts";
import type { Steps } from "./steps.ts";

/** Sandboxes and ports that are only written down, with the real one's order of commit and undo. */
export class FakeNetworking implements Networking {
  readonly sandboxes = new Map<string, Set<string>>();
  readonly addresses = new Set<string>();
  readonly #steps: Steps;
  readonly #state: () => State;
  constructor(steps: Steps, state: () => State) {
    this.#steps = steps;
    this.#state = state;
  }
  async reserve(
    container: Container,
    requests: ContainerRequest["endpoints"],
    commit: (endpoints: readonly Endpoint[]) => void,
  ): Promise<void> {
    this.#steps.take("networking.reserve");
    await Promise.resolve();
    const dnsNames = [container.name];
    const endpoints = requests.map(({ network, settings }): Endpoint => {
      const networkId = this.#state().networkNamed(network)?.id;
      if (networkId === undefined) throw new EngineError("NETWORK_NOT_FOUND", { network });
      return { id: newId(), networkId, containerId: container.id, settings, dnsNames, ipv4: "10.0.0.2/24" };
    });
    commit(endpoints);
    for (const { id } of endpoints) this.addresses.add(id);
  }
  async open(container: Container, commit: (open: OpenNetwork) => void, rollback: Rollback): Promise<OpenNetwork> {
    this.#steps.take("networking.open");
    await Promise.resolve();
    const { networkMode, publish } = container.config;
    const sandboxId = networkMode.kind === "container" ? networkMode.containerId : container.id;
    if (networkMode.kind === "container" && !this.sandboxes.has(sandboxId)) {
      throw new EngineError("CONTAINER_NOT_RUNNING", { container: sandboxId });
    }
    const members = this.sandboxes.get(sandboxId) ?? new Set();
    this.sandboxes.set(sandboxId, members.add(container.id));
    rollback.onFailure("sandbox", () => this.close({ ...container, sandboxId }));
    const open = { sandboxId, netnsPath: `/netns/${sandboxId}`, ports: publish.map(mappingOf) };
    commit(open);
    return open;
  }
  async close({ id, sandboxId = "" }: Container): Promise<void> {
    this.#steps.pass("networking.close");
    const members = this.sandboxes.get(sandboxId);
    members?.delete(id);
    if (members?.size === 0) this.sandboxes.delete(sandboxId);
  }
  async release(...[container, commit, options]: Parameters<Networking["release"]>): Promise<void> {
    this.#steps.take("networking.release");
    if (this.sandboxes.has(container.id) && !options?.force) {
      throw new EngineError("CONTAINER_REFUSED", { container: container.name, why: "its network is shared" });
    }
    const ids = this.#state()
      .endpointsOf(container.id)
      .map(({ id }) => id);
    commit(ids);
    for (const id of ids) this.addresses.delete(id);
  }
  relink = async (_container: Container, _changed: Endpoint, commit: () => void): Promise<void> => commit();
  async rename(renamed: Container, commit: (endpoints: readonly Endpoint[]) => void): Promise<void> {
    this.#steps.take("networking.rename");
    const endpoints = this.#state().endpointsOf(renamed.id);
    commit(endpoints.map((endpoint) => ({ ...endpoint, dnsNames: [renamed.name] })));
  }
  async publish(
    container: Container,
    requests: readonly PortRequest[],
    commit: (ports: readonly PortMapping[]) => void,
  ): Promise<readonly PortMapping[]> {
    this.#steps.take("networking.publish");
    const added = requests.map(mappingOf);
    commit([...container.ports, ...added]);
    return added;
  }
  async withdraw(
    container: Container,
    gone: readonly PortMapping[],
    commit: (ports: readonly PortMapping[]) => void,
  ): Promise<void> {
    this.#steps.take("networking.withdraw");
    commit(container.ports.filter((port) => !gone.includes(port)));
  }
  view(container: Container) {
    const state = this.#state();
    const endpoints = state.endpointsOf(container.id).flatMap((endpoint) => {
      const network = state.networks.get(endpoint.networkId);
      return network ? [{ endpoint, network }] : [];
    });
    return { endpoints, sandboxPath: container.sandboxId ? `/netns/${container.sandboxId}` : "" };
  }
}

const mappingOf = ({ protocol, containerPort, hostPort }: PortRequest): PortMapping => ({
  ...{ protocol, containerPort, hostIp: "0.0.0.0" },
  hostPort: hostPort || 49153,
});
