import { EngineError } from "../../base/errors.ts";
import { shortId } from "../../base/ids.ts";
import { Rollback } from "../../base/rollback.ts";
import type { Container } from "../../model/container.ts";
import type { Endpoint, EndpointSettings } from "../../model/endpoint.ts";
import { isRemoteIpam, type Network } from "../../model/network.ts";
import type { PortMapping, PortRequest } from "../../model/port.ts";
import type { ContainerRequest } from "../engine.ts";
import { unaddressed } from "../leases/leased.ts";
import { type LeaseSide, Leasing } from "../leases/leasing.ts";
import { readdress } from "../leases/readdress.ts";
import type { Networking, OpenNetwork } from "../networking.ts";
import { findNetwork } from "../networks/find.ts";
import type { Parts } from "../parts.ts";
import type { Attachment } from "../plan/attachment.ts";
import { gatewayOrder } from "../plan/gateway-order.ts";
import { unplugAll } from "../plugins/external.ts";
import { dropLegs, isLeg, reserveLeg } from "../plugins/leg.ts";
import { type Prepared, prepareAddresses } from "../plugins/remote-addresses.ts";
import { attachmentOf } from "./attachments.ts";
import { closeSandbox } from "./close.ts";
import { disconnectContainer } from "./disconnect.ts";
import { avoidDuplicatesOf } from "./duplicates.ts";
import { goThrough } from "./go-through.ts";
import { regainAddresses } from "./kept-addresses.ts";
import { openSandbox } from "./open.ts";
import type { OpenSandbox } from "./open-sandboxes.ts";
import { Passage } from "./passage.ts";
import { publishPorts, withdrawPorts } from "./publish.ts";
import { resolverConfig } from "./records.ts";
import { relabel, replaceEndpoints } from "./relabel.ts";
import { dnsNames, releaseEndpoint, reserveEndpoint } from "./reserve.ts";

/** What containers need of networking: see Networking. */
export class EndpointNetworking implements Networking {
  readonly #parts: Parts;
  readonly #side: LeaseSide;
  readonly #leasing: Leasing;

  constructor(parts: Parts, side: LeaseSide) {
    this.#parts = parts;
    this.#side = side;
    this.#leasing = new Leasing(parts, side);
  }

  async reserve(
    container: Container,
    wanted: ContainerRequest["endpoints"],
    commit: (endpoints: readonly Endpoint[]) => void,
  ): Promise<void> {
    const { state, locks } = this.#parts;
    // Names are looked up once: while we wait, another network may get one of them.
    const found = wanted.map(({ network, settings }) => ({ network: findNetwork(state, network), settings }));
    await using asking = new Rollback();
    const remote = found.some(({ network }) => isRemoteIpam(network));
    const prepared = remote ? await this.#prepare(container, found, asking) : [];
    await using _locks = await locks.holdAll(found.map(({ network }) => network.id));
    await using rollback = new Rollback();
    const endpoints: Endpoint[] = [];
    for (const [index, { network: known, settings }] of found.entries()) {
      // Looked up again under the lock: it may have been removed while we waited.
      const network = findNetwork(state, known.id);
      endpoints.push(
        await reserveEndpoint(
          this.#parts,
          { network, container, settings, beside: endpoints, prepared: prepared[index] },
          rollback,
        ),
      );
    }
    commit(endpoints);
    rollback.commit();
    asking.commit();
  }

  /** What IPAM plugins give, in the order of what is wanted. */
  async #prepare(
    container: Container,
    wanted: readonly { network: Network; settings: EndpointSettings }[],
    rollback: Rollback,
  ) {
    const prepared: (Prepared | undefined)[] = [];
    for (const { network, settings } of wanted)
      prepared.push(await prepareAddresses(this.#parts, { network, container, settings }, rollback));
    return prepared;
  }

  async open(container: Container, commit: (open: OpenNetwork) => void, rollback: Rollback): Promise<OpenNetwork> {
    const { networkMode } = container.config;
    if (networkMode.kind === "host") return committed(commit, { ports: [] });
    if (networkMode.kind === "container") {
      return committed(commit, this.#join(container, networkMode.containerId, rollback));
    }
    if (!this.#parts.sandboxes.get(container.id)) dropLegs(this.#parts, container.id);
    if (!this.#parts.sandboxes.get(container.id)) await avoidDuplicatesOf(this.#parts, container, rollback);
    const passage = new Passage(this.#parts.gate, rollback);
    const sandbox = await this.#inside(container, passage, [], async () => {
      const kept = this.#parts.sandboxes.get(container.id);
      if (kept) this.#enter(kept, container, rollback);
      else await regainAddresses(this.#parts, container, rollback);
      const opened = kept ?? (await openSandbox(this.#parts, container, this.#side.upstreamsOf(container), rollback));
      if (unaddressed(opened.attachments).length > 0) return opened;
      return committed(commit, this.#opened(opened, opened.ports));
    });
    if (!("members" in sandbox)) return sandbox;
    // Servers take their time: meanwhile other containers come and go on these networks.
    const endpoints = await this.#leasing.acquire(container, sandbox, rollback);
    const plugged = endpoints.some((endpoint) => endpoint.plugged);
    const leg = plugged ? await reserveLeg(this.#parts, { container, sandbox, endpoints }, rollback) : undefined;
    const added = leg ? [leg] : [];
    const late = { sandbox, endpoints, added };
    return this.#inside(container, passage, added, () => this.#address(container, late, commit, rollback));
  }

  /** Under the locks of the container's networks, and of those that are to be `added`, and behind the gate. */
  async #inside<T>(
    container: Container,
    passage: Passage,
    added: readonly Attachment[],
    body: () => Promise<T>,
  ): Promise<T> {
    const { locks, state } = this.#parts;
    const endpoints = [...state.endpointsOf(container.id), ...added.map(({ endpoint }) => endpoint)];
    await using _locks = await locks.holdAll(endpoints.map(({ networkId }) => networkId));
    await passage.enter();
    const result = await body();
    passage.leave();
    return result;
  }

  /** The second half of a start whose addresses were lent meanwhile. */
  async #address(
    container: Container,
    late: { sandbox: OpenSandbox; endpoints: readonly Endpoint[]; added: readonly Attachment[] },
    commit: (open: OpenNetwork) => void,
    rollback: Rollback,
  ): Promise<OpenNetwork> {
    const { state } = this.#parts;
    const { sandbox, endpoints, added } = late;
    // Networks may have been removed while we waited.
    for (const { endpoint, network } of added) attachmentOf(this.#parts, { ...endpoint, removedNetwork: network.name });
    for (const { id } of endpoints) attachmentOf(this.#parts, state.endpoints.get(id) ?? raise(id));
    const upstreams = this.#side.upstreamsOf(container, endpoints);
    const { finish } = await readdress(this.#parts, { sandbox, container, endpoints, added, upstreams }, rollback);
    const put = (list: readonly Endpoint[]) =>
      state.commit(
        list.map((value) => ({ put: "endpoint", id: value.id, value }) as const),
        "process",
      );
    const before = endpoints.flatMap(({ id }) => state.endpoints.get(id) ?? []);
    rollback.onFailure("records of leases", () => {
      put(before);
      if (added.length > 0) state.commit(added.map(({ endpoint: { id } }) => ({ delete: "endpoint", id }) as const));
    });
    put([...endpoints, ...added.map(({ endpoint }) => endpoint)]);
    const open = committed(commit, this.#opened(sandbox, sandbox.ports));
    await finish();
    return open;
  }

  /** container:NAME. The sandbox outlives its creator as long as somebody runs in it. */
  #join(container: Container, creatorId: string, rollback: Rollback): OpenNetwork {
    const { state, sandboxes } = this.#parts;
    const creator = state.containers.get(creatorId);
    if (!creator) {
      const why = `it shares the network of ${shortId(creatorId)}, which has been removed; remove it and create it anew`;
      throw new EngineError("CONTAINER_REFUSED", { container: container.name, why });
    }
    if (creator.config.networkMode.kind === "host") return { ports: [] };
    const sandbox = sandboxes.get(creator.sandboxId ?? creatorId);
    if (!sandbox) {
      const why = `it shares the network of ${creator.name}, which is not running; start that first`;
      throw new EngineError("CONTAINER_REFUSED", { container: container.name, why });
    }
    this.#enter(sandbox, container, rollback);
    return this.#opened(sandbox, []);
  }

  #enter(sandbox: OpenSandbox, container: Container, rollback: Rollback): void {
    sandbox.members.add(container.id);
    rollback.onFailure(`membership of ${container.name}`, () => sandbox.members.delete(container.id));
  }

  #opened({ id }: OpenSandbox, ports: readonly PortMapping[]): OpenNetwork {
    return { netnsPath: this.#parts.kernel.sandboxes.path(id), sandboxId: id, ports };
  }

  async close(container: Container): Promise<void> {
    const { sandboxes, gate } = this.#parts;
    const sandbox = sandboxes.get(container.sandboxId ?? container.id);
    if (!sandbox) return;
    sandbox.members.delete(container.id);
    if (sandbox.members.size > 0) return;
    try {
      using _pass = await gate.shared();
      await closeSandbox(this.#parts, sandbox);
    } finally {
      if (sandbox.attachments.some(({ driver }) => driver.remote)) {
        dropLegs(this.#parts, sandbox.id);
        const endpoints = sandbox.attachments.map(({ endpoint }) => endpoint);
        await unplugAll(this.#parts, endpoints);
      }
    }
  }

  async release(
    container: Container,
    commit: (endpointIds: readonly string[]) => void,
    { force = false }: { readonly force?: boolean } = {},
  ): Promise<void> {
    const { state, locks } = this.#parts;
    const endpoints = state.endpointsOf(container.id);
    let leaving = false;
    try {
      await using _locks = await locks.holdAll(endpoints.map(({ networkId }) => networkId));
      leaving = force && this.#sharers(container).length > 0;
      if (leaving) await this.#leave(container, endpoints, commit);
      else this.#releaseAll(container, endpoints, commit);
    } finally {
      // Not under locks, nor inside the gate: a plugin may take its time.
      const owed = endpoints.filter(({ id, plugged }) => leaving && plugged && !state.endpoints.has(id));
      if (owed.length > 0) await unplugAll(this.#parts, owed);
    }
  }

  #sharers({ id }: Container): string[] {
    return [...(this.#parts.sandboxes.get(id)?.members ?? [])].filter((member) => member !== id);
  }

  #releaseAll(container: Container, endpoints: readonly Endpoint[], commit: (ids: readonly string[]) => void): void {
    const { state } = this.#parts;
    const names = this.#sharers(container).map((id) => state.containers.get(id)?.name ?? id);
    if (names.length > 0) {
      const why = `its network is shared by ${names.join(", ")}; stop that first`;
      throw new EngineError("CONTAINER_REFUSED", { container: container.name, why });
    }
    commit(endpoints.map(({ id }) => id));
    for (const endpoint of endpoints) releaseEndpoint(this.#parts, endpoint);
  }

  /**
   * Off all its networks, one after the other, while others go on in its sandbox; the container goes when it is on none any
   * more, so that what a crash or a failure leaves can be removed again. Under the locks of container and networks.
   */
  async #leave(
    container: Container,
    endpoints: readonly Endpoint[],
    commit: (ids: readonly string[]) => void,
  ): Promise<void> {
    const { state, gate } = this.#parts;
    using _pass = await gate.shared();
    const upstreams = this.#side.upstreamsOf(container);
    const off = ({ id, networkId }: Endpoint) => {
      const network = state.networks.get(networkId);
      if (network) return disconnectContainer(this.#parts, { network, container, upstreams });
      return state.commit([{ delete: "endpoint", id }]); // of a network that has been removed meanwhile
    };
    const failures = await goThrough(endpoints.map((endpoint) => [() => off(endpoint)]));
    if (state.endpointsOf(container.id).length === 0) commit([]);
    if (failures.length > 0)
      throw new AggregateError(
        failures,
        `Cannot take ${container.name} off all its networks: ${failures.map(String).join("; ")}`,
      );
  }

  async rename(container: Container, commit: (endpoints: readonly Endpoint[]) => void): Promise<void> {
    const { state, sandboxes, gate } = this.#parts;
    const endpoints = state.endpointsOf(container.id);
    const renamed = endpoints.map((endpoint) =>
      isLeg(endpoint) ? endpoint : { ...endpoint, dnsNames: dnsNames(container, endpoint.settings) },
    );
    commit(renamed);
    const sandbox = sandboxes.get(container.id);
    if (!sandbox) return;
    using _pass = await gate.shared();
    await relabel(this.#parts, sandbox, renamed);
  }

  async relink(container: Container, changed: Endpoint, commit: () => void): Promise<void> {
    const { sandboxes, names, gate } = this.#parts;
    commit();
    const sandbox = sandboxes.get(container.id);
    if (!sandbox) return;
    using _pass = await gate.shared();
    replaceEndpoints(sandbox, [changed]);
    await names.update(resolverConfig(sandbox.id, sandbox.attachments, this.#side.upstreamsOf(container)));
  }

  async publish(
    container: Container,
    requests: readonly PortRequest[],
    commit: (ports: readonly PortMapping[]) => void,
  ): Promise<readonly PortMapping[]> {
    using _pass = await this.#parts.gate.shared();
    return publishPorts(this.#parts, { sandbox: this.#own(container), name: container.name, requests }, commit);
  }

  async withdraw(
    container: Container,
    gone: readonly PortMapping[],
    commit: (ports: readonly PortMapping[]) => void,
  ): Promise<void> {
    using _pass = await this.#parts.gate.shared();
    await withdrawPorts(this.#parts, { sandbox: this.#own(container), gone }, commit);
  }

  view(container: Container) {
    const { state, kernel } = this.#parts;
    const { networkMode } = container.config;
    const owner = networkMode.kind === "container" ? networkMode.containerId : container.id;
    const present = state
      .endpointsOf(owner)
      .filter((endpoint) => state.networks.has(endpoint.networkId) && !isLeg(endpoint));
    const endpoints = gatewayOrder(present.map((endpoint) => attachmentOf(this.#parts, endpoint)));
    return {
      endpoints,
      sandboxPath: container.sandboxId === undefined ? "" : kernel.sandboxes.path(container.sandboxId),
    };
  }

  #own(container: Container): OpenSandbox {
    const sandbox = this.#parts.sandboxes.get(container.id);
    if (sandbox) return sandbox;
    const why = "it has no network of its own to publish ports of";
    throw new EngineError("CONTAINER_REFUSED", { container: container.name, why });
  }
}

function raise(endpointId: string): never {
  throw new Error(`Cannot go on with a start: endpoint ${endpointId} has been removed meanwhile`);
}

function committed(commit: (open: OpenNetwork) => void, open: OpenNetwork): OpenNetwork {
  commit(open);
  return open;
}
