import { EngineError } from "../../base/errors.ts";
import type { Rollback } from "../../base/rollback.ts";
import type { Upstream } from "../../contracts/names.ts";
import type { Container } from "../../model/container.ts";
import type { Endpoint } from "../../model/endpoint.ts";
import type { PortMapping, PortRequest } from "../../model/port.ts";
import type { ContainerRequest } from "../engine.ts";
import type { Networking } from "../networking.ts";
import { findNetwork } from "../networks/find.ts";
import type { Parts } from "../parts.ts";
import { closeSandbox } from "./close.ts";
import { openSandbox } from "./open.ts";
import { publishPorts, withdrawPorts } from "./publish.ts";
import { nameRecord } from "./records.ts";
import { dnsNames, releaseEndpoint, reserveEndpoint } from "./reserve.ts";

/** What containers need of networking: see Networking. */
export class EndpointNetworking implements Networking {
  readonly #parts: Parts;
  readonly #upstreamsOf: (container: Container) => readonly Upstream[];

  constructor(parts: Parts, upstreamsOf: (container: Container) => readonly Upstream[]) {
    this.#parts = parts;
    this.#upstreamsOf = upstreamsOf;
  }

  async reserve(container: Container, wanted: ContainerRequest["endpoints"], rollback: Rollback): Promise<Endpoint[]> {
    const { state, locks } = this.#parts;
    const networks = wanted.map(({ network }) => findNetwork(state, network));
    await using _locks = await locks.holdAll(networks.map(({ id }) => id));
    const endpoints: Endpoint[] = [];
    for (const [index, { settings }] of wanted.entries()) {
      // Looked up again under the lock: it may have been removed while we waited.
      const network = findNetwork(state, networks[index]?.id ?? "");
      endpoints.push(reserveEndpoint(this.#parts, { network, container, settings, beside: endpoints }, rollback));
    }
    return endpoints;
  }

  async open(container: Container, rollback: Rollback) {
    const { kernel, locks, gate, state } = this.#parts;
    const { networkMode } = container.config;
    if (networkMode.kind === "host") return { ports: [] };
    if (networkMode.kind === "container") return this.#join(container, networkMode.containerId, rollback);
    await using _locks = await locks.holdAll(state.endpointsOf(container.id).map(({ networkId }) => networkId));
    using _pass = await gate.shared();
    const present = this.#parts.sandboxes.get(container.id);
    if (present) {
      this.#enter(present.members, container, rollback);
      return { netnsPath: kernel.sandboxes.path(present.id), sandboxId: present.id, ports: [...present.ports] };
    }
    const sandbox = await openSandbox(this.#parts, container, this.#upstreamsOf(container), rollback);
    return { netnsPath: kernel.sandboxes.path(sandbox.id), sandboxId: sandbox.id, ports: [...sandbox.ports] };
  }

  /** container:NAME. The sandbox outlives its creator as long as somebody runs in it. */
  #join(container: Container, creatorId: string, rollback: Rollback) {
    const { state, sandboxes, kernel } = this.#parts;
    const creator = state.containers.get(creatorId);
    if (!creator) throw new EngineError("CONTAINER_NOT_FOUND", { container: creatorId });
    if (creator.config.networkMode.kind === "host") return { ports: [] };
    const sandbox = sandboxes.get(creator.sandboxId ?? creatorId);
    if (!sandbox)
      throw new EngineError("CONTAINER_NOT_RUNNING", {
        container: `${creator.name}, whose network ${container.name} shares,`,
      });
    this.#enter(sandbox.members, container, rollback);
    return { netnsPath: kernel.sandboxes.path(sandbox.id), sandboxId: sandbox.id, ports: [] };
  }

  #enter(members: Set<string>, container: Container, rollback: Rollback): void {
    members.add(container.id);
    rollback.onFailure(`membership of ${container.name}`, () => members.delete(container.id));
  }

  /** True when the sandbox stays because others still run in it. */
  async close(container: Container): Promise<boolean> {
    const { sandboxes, gate } = this.#parts;
    const sandbox = container.sandboxId === undefined ? undefined : sandboxes.get(container.sandboxId);
    if (!sandbox) return false;
    sandbox.members.delete(container.id);
    if (sandbox.members.size > 0) return true;
    using _pass = await gate.shared();
    await closeSandbox(this.#parts, sandbox);
    return false;
  }

  async release(container: Container): Promise<string[]> {
    const { state, sandboxes } = this.#parts;
    const users = [...(sandboxes.get(container.id)?.members ?? [])].filter((id) => id !== container.id);
    if (users.length > 0) {
      const names = users.map((id) => state.containers.get(id)?.name ?? id).join(", ");
      throw new EngineError("CONTAINER_REFUSED", {
        container: container.name,
        why: `its network is shared by ${names}; remove or stop that first`,
      });
    }
    const endpoints = state.endpointsOf(container.id);
    for (const endpoint of endpoints) releaseEndpoint(this.#parts, endpoint);
    return endpoints.map(({ id }) => id);
  }

  async publish(
    container: Container,
    requests: readonly PortRequest[],
    commit: (ports: PortMapping[]) => void,
  ): Promise<PortMapping[]> {
    using _pass = await this.#parts.gate.shared();
    return publishPorts(this.#parts, { sandbox: this.#own(container), name: container.name, requests }, commit);
  }

  async withdraw(
    container: Container,
    gone: readonly PortMapping[],
    commit: (ports: PortMapping[]) => void,
  ): Promise<void> {
    using _pass = await this.#parts.gate.shared();
    await withdrawPorts(this.#parts, { sandbox: this.#own(container), gone }, commit);
  }

  async rename(container: Container): Promise<Endpoint[]> {
    const { state, names, sandboxes } = this.#parts;
    const renamed = state
      .endpointsOf(container.id)
      .map((endpoint) => ({ ...endpoint, dnsNames: dnsNames(container, endpoint.settings) }));
    const sandbox = sandboxes.get(container.id);
    if (sandbox) {
      sandbox.attachments = sandbox.attachments.map((each) => ({
        ...each,
        endpoint: renamed.find(({ id }) => id === each.endpoint.id) ?? each.endpoint,
      }));
      await names.publish(sandbox.attachments.map(nameRecord));
    }
    return renamed;
  }

  #own(container: Container) {
    const sandbox = this.#parts.sandboxes.get(container.id);
    if (sandbox) return sandbox;
    const why = "it has no network of its own to publish ports of";
    throw new EngineError("CONTAINER_REFUSED", { container: container.name, why });
  }
}
