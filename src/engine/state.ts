import type { Durability, Store, StoreChange } from "../contracts/store.ts";
import type { Container } from "../model/container.ts";
import type { Endpoint } from "../model/endpoint.ts";
import type { Network } from "../model/network.ts";
import type { Claim } from "../model/plugin.ts";
import type { Volume } from "../model/volume.ts";

/** A change to the registry; a put replaces what is there under the id. */
export type StateChange =
  | { readonly put: "network"; readonly id: string; readonly value: Network }
  | { readonly put: "container"; readonly id: string; readonly value: Container }
  | { readonly put: "endpoint"; readonly id: string; readonly value: Endpoint }
  | { readonly put: "volume"; readonly id: string; readonly value: Volume }
  | { readonly put: "claim"; readonly id: string; readonly value: Claim }
  | { readonly delete: "network" | "container" | "endpoint" | "volume" | "claim"; readonly id: string };

/**
 * All networks, containers, endpoints and volumes, in memory, written through to the store. Records are values: a change is a new
 * record, committed. commit() is the only way to change anything and costs what it changes, whatever else exists.
 */
export class State {
  readonly #store: Store;
  readonly #networks = new Map<string, Network>();
  readonly #containers = new Map<string, Container>();
  readonly #endpoints = new Map<string, Endpoint>();
  readonly #volumes = new Map<string, Volume>();
  readonly #claims = new Map<string, Claim>();
  readonly #networkNames = new Map<string, string>();
  readonly #containerNames = new Map<string, string>();
  readonly #byNetwork = new Index();
  readonly #byContainer = new Index();
  readonly #bySandbox = new Index();

  /** Loads what the store has. */
  constructor(store: Store) {
    this.#store = store;
    for (const value of store.all<Network>("network").sort(byAge)) this.#apply({ put: "network", id: value.id, value });
    for (const value of store.all<Container>("container").sort(byAge)) {
      this.#apply({ put: "container", id: value.id, value });
    }
    for (const value of store.all<Endpoint>("endpoint").sort(byPosition)) {
      this.#apply({ put: "endpoint", id: value.id, value });
    }
    for (const value of store.all<Claim>("claim")) this.#claims.set(value.id, value);
    for (const value of store.all<Volume>("volume").sort(byAge)) this.#volumes.set(value.name, value);
  }

  /** Oldest first, as the other maps. */
  get networks(): ReadonlyMap<string, Network> {
    return this.#networks;
  }
  get containers(): ReadonlyMap<string, Container> {
    return this.#containers;
  }
  get endpoints(): ReadonlyMap<string, Endpoint> {
    return this.#endpoints;
  }

  /** What plugins were asked for and have not been given back. */
  get claims(): ReadonlyMap<string, Claim> {
    return this.#claims;
  }
  /** By name. */
  get volumes(): ReadonlyMap<string, Volume> {
    return this.#volumes;
  }

  networkNamed(name: string): Network | undefined {
    return this.#networks.get(this.#networkNames.get(name) ?? "");
  }
  containerNamed(name: string): Container | undefined {
    return this.#containers.get(this.#containerNames.get(name) ?? "");
  }
  /** A container's endpoints, in the order they were connected. */
  endpointsOf(containerId: string): Endpoint[] {
    return found(this.#byContainer.get(containerId), this.#endpoints);
  }
  endpointsOn(networkId: string): Endpoint[] {
    return found(this.#byNetwork.get(networkId), this.#endpoints);
  }
  /** Containers that have, or are about to have, this sandbox: its creator and who joined. */
  containersIn(sandboxId: string): Container[] {
    return found(this.#bySandbox.get(sandboxId), this.#containers);
  }

  /** Writes the store, durably, then memory: the commit point of every use case. All changes or none. */
  commit(changes: readonly StateChange[], durability: Durability = "disk"): void {
    this.#store.commit(changes satisfies readonly StoreChange[], durability);
    for (const change of changes) this.#apply(change);
  }

  #apply(change: StateChange): void {
    if ("delete" in change) this.#forget(change.delete, change.id);
    else if (change.put === "network") this.#putNetwork(change.value);
    else if (change.put === "container") this.#putContainer(change.value);
    else if (change.put === "volume") this.#volumes.set(change.id, change.value);
    else if (change.put === "claim") this.#claims.set(change.id, change.value);
    else this.#putEndpoint(change.value);
  }

  #putNetwork(network: Network): void {
    const before = this.#networks.get(network.id);
    if (before) this.#dropName(before);
    // A network of the cluster may have the name of one of this host's own: that was first, and keeps it.
    if (!this.#networkNames.has(network.name)) this.#networkNames.set(network.name, network.id);
    this.#networks.set(network.id, network);
  }

  /** The name goes to the oldest other network that has it. */
  #dropName({ id, name }: Network): void {
    if (this.#networkNames.get(name) !== id) return;
    this.#networkNames.delete(name);
    for (const other of this.#networks.values()) {
      if (other.name === name && other.id !== id) return void this.#networkNames.set(name, other.id);
    }
  }

  #putContainer(container: Container): void {
    const before = this.#containers.get(container.id);
    if (before && before.name !== container.name) this.#containerNames.delete(before.name);
    this.#containerNames.set(container.name, container.id);
    if (before?.sandboxId !== undefined) this.#bySandbox.delete(before.sandboxId, container.id);
    if (container.sandboxId !== undefined) this.#bySandbox.add(container.sandboxId, container.id);
    this.#containers.set(container.id, container);
  }

  #putEndpoint(endpoint: Endpoint): void {
    this.#byNetwork.add(endpoint.networkId, endpoint.id);
    this.#byContainer.add(endpoint.containerId, endpoint.id);
    this.#endpoints.set(endpoint.id, endpoint);
  }

  #forget(kind: "network" | "container" | "endpoint" | "volume" | "claim", id: string): void {
    if (kind === "volume") {
      this.#volumes.delete(id);
    } else if (kind === "claim") {
      this.#claims.delete(id);
    } else if (kind === "network") {
      const network = this.#networks.get(id);
      this.#networks.delete(id);
      if (network) this.#dropName(network);
    } else if (kind === "container") {
      const container = this.#containers.get(id);
      if (container) this.#containerNames.delete(container.name);
      if (container?.sandboxId !== undefined) this.#bySandbox.delete(container.sandboxId, id);
      this.#containers.delete(id);
    } else {
      const endpoint = this.#endpoints.get(id);
      if (endpoint) this.#byNetwork.delete(endpoint.networkId, id);
      if (endpoint) this.#byContainer.delete(endpoint.containerId, id);
      this.#endpoints.delete(id);
    }
  }
}

/** Ids under a key, in the order they came. */
class Index {
  readonly #ids = new Map<string, Set<string>>();

  get(key: string): Iterable<string> {
    return this.#ids.get(key) ?? [];
  }
  add(key: string, id: string): void {
    const ids = this.#ids.get(key);
    if (ids) ids.add(id);
    else this.#ids.set(key, new Set([id]));
  }
  delete(key: string, id: string): void {
    const ids = this.#ids.get(key);
    ids?.delete(id);
    if (ids?.size === 0) this.#ids.delete(key);
  }
}

function found<T>(ids: Iterable<string>, records: ReadonlyMap<string, T>): T[] {
  return [...ids].flatMap((id) => records.get(id) ?? []);
}

const byAge = (a: { created: string }, b: { created: string }) => compare(a.created, b.created);

/** The store keeps no order: the interface number tells which network was connected first. */
const byPosition = (a: Endpoint, b: Endpoint) =>
  compare(a.containerId, b.containerId) || (a.ifName ?? "").localeCompare(b.ifName ?? "", "en", { numeric: true });

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
