import { PassThrough } from "node:stream";
import { EngineError } from "../../base/errors.ts";
import { newId } from "../../base/ids.ts";
import type { ExecSession, ExecSpec, LogEntry } from "../../contracts/runtime.ts";
import type { ArchiveUseCases } from "../../engine/containers/archive.ts";
import type {
  Attachment,
  AttachOptions,
  ContainerView,
  Engine,
  EngineEvent,
  ExecView,
  NetworkView,
} from "../../engine/engine.ts";
import { fakeArchive, fakeVolumeUseCases } from "../../engine/volumes/fakes.ts";
import type { Container, ContainerState } from "../../model/container.ts";
import type { Endpoint, EndpointSettings } from "../../model/endpoint.ts";
import type { Network } from "../../model/network.ts";
import { FakeCluster } from "./fake-cluster.ts";
import { FakeLimits } from "./fake-limits.ts";
import { blankNetwork, containerFrom, created, networkFrom } from "./fake-records.ts";
import { checkExec } from "./sessions.ts";
import { viewDetails } from "./view-details.ts";

/**
 * The engine's use cases on plain maps, with no kernel below: what the API needs to be tried against. It remembers
 * every call as [name, ...arguments] in `calls`.
 */
export class FakeEngine implements Engine {
  readonly calls: unknown[][] = [];
  readonly cluster = new FakeCluster();
  /** What networks of the cluster have on other hosts, by network name. */
  readonly shared = new Map<string, Pick<NetworkView, "remotes" | "peers">>();
  readonly nets = new Map<string, Network>();
  readonly endpoints: Endpoint[] = [];
  readonly boxes = new Map<string, Container>();
  readonly execs = new Map<string, ExecView>();
  readonly history: EngineEvent[] = [];
  readonly #listeners = new Set<(event: EngineEvent) => void>();
  readonly #exits = new Map<string, PromiseWithResolvers<number>>();
  /** What the logs of every container hold; tests replace it. */
  entries: (query: { follow: boolean; signal?: AbortSignal }) => AsyncIterable<LogEntry[]> = async function* () {};
  /** What attached clients have sent; ended by closeInput(). */
  readonly input = new PassThrough();
  /** What execStart() runs; tests replace it. */
  session: () => ExecSession | Promise<ExecSession> = () => {
    throw new Error("no session");
  };

  /** Tests that need files replace it. */
  archive: ArchiveUseCases = fakeArchive as unknown as ArchiveUseCases;
  readonly volumes = fakeVolumeUseCases();
  readonly limits = new FakeLimits();
  readonly hostLimits = () => this.limits.host;
  readonly hostConfinement = () => this.limits.confinement;

  constructor() {
    for (const [name, driver] of [
      ["bridge", "bridge"],
      ["host", "host"],
      ["none", "null"],
    ] as const) {
      const pools = name === "bridge" ? [{ subnet: "172.17.0.0/16", gateway: "172.17.0.1", aux: {} }] : [];
      this.nets.set(name, { ...blankNetwork, id: newId(), name, driver, pools, builtIn: true });
    }
  }

  /** Tells listeners, and keeps it for eventsSince(). */
  emit(type: EngineEvent["type"], action: string, id: string, attributes: Record<string, string> = {}): void {
    const event = { type, action, actor: { id, attributes }, timeNano: BigInt(Date.now()) * 1_000_000n + 123n };
    this.history.push(event);
    for (const listener of this.#listeners) listener(event);
  }

  get listeners(): number {
    return this.#listeners.size;
  }

  /** Ends a container as if its process had exited. */
  exit(name: string, code: number): void {
    const box = this.box(name);
    this.setState(box.id, { status: "exited", pid: 0, exitCode: code });
    this.#exits.get(box.id)?.resolve(code);
  }

  network(reference: string): Network {
    const all = [...this.nets.values()];
    const found =
      all.find(({ id }) => id === reference) ??
      all.find(({ name }) => name === reference) ??
      all.find(({ id }) => reference !== "" && id.startsWith(reference));
    if (!found) throw new EngineError("NETWORK_NOT_FOUND", { network: reference });
    return found;
  }

  box(reference: string): Container {
    const all = [...this.boxes.values()];
    const found = all.find(({ id, name }) => name === reference || (reference !== "" && id.startsWith(reference)));
    if (!found) throw new EngineError("CONTAINER_NOT_FOUND", { container: reference });
    return found;
  }

  setState(id: string, state: Partial<ContainerState>): void {
    const box = this.box(id);
    this.boxes.set(id, { ...box, state: { ...box.state, ...state } });
  }

  readonly networks: Engine["networks"] = {
    create: async (request) => {
      this.calls.push(["networks.create", request]);
      if (this.nets.get(request.name)?.builtIn)
        throw new EngineError("NETWORK_BUILT_IN", { network: request.name, verb: "create" });
      if (this.nets.has(request.name)) throw new EngineError("NETWORK_EXISTS", { network: request.name });
      const network = networkFrom(request);
      this.nets.set(request.name, network);
      return { id: network.id, warning: "" };
    },
    inspect: (reference) => this.#networkView(this.network(reference)),
    has: (name) => this.nets.has(name),
    list: (filters) => {
      this.calls.push(["networks.list", filters]);
      return [...this.nets.values()].map((network) => this.#networkView(network));
    },
    remove: async (reference) => {
      const { name, builtIn } = this.network(reference);
      if (builtIn) throw new EngineError("NETWORK_BUILT_IN", { network: name, verb: "remove" });
      this.nets.delete(name);
    },
    prune: async (filters) => {
      this.calls.push(["networks.prune", filters]);
      const idle = [...this.nets.values()].filter(
        ({ id, builtIn }) => !builtIn && !this.endpoints.some((one) => one.networkId === id),
      );
      for (const { name } of idle) this.nets.delete(name);
      return idle.map(({ name }) => name);
    },
    connect: async (reference, container, settings) => {
      this.calls.push(["networks.connect", reference, container, settings]);
      this.#join(this.box(container), this.network(reference), settings);
    },
    disconnect: async (reference, container, options) => {
      this.calls.push(["networks.disconnect", reference, container, options]);
      const [box, network] = [this.box(container), this.network(reference)];
      const at = this.endpoints.findIndex((one) => one.containerId === box.id && one.networkId === network.id);
      if (at < 0) throw new EngineError("NOT_CONNECTED", { container, network: reference });
      this.endpoints.splice(at, 1);
    },
  };

  readonly containers: Engine["containers"] = {
    create: async (request) => {
      this.calls.push(["containers.create", request]);
      const container = containerFrom(request);
      this.boxes.set(container.id, container);
      for (const { network, settings } of request.endpoints) this.#join(container, this.network(network), settings);
      return { id: container.id, warnings: [] };
    },
    start: async (reference) => {
      const { id, name, state } = this.box(reference);
      if (state.status === "running") throw new EngineError("NOT_MODIFIED", { container: name, state: "started" });
      this.setState(id, { status: "running", pid: 4242, startedAt: created });
      this.emit("container", "start", id, { name });
    },
    stop: async (reference, options) => {
      this.calls.push(["containers.stop", reference, options]);
      this.exit(reference, 0);
    },
    restart: async (reference, options) => void this.calls.push(["containers.restart", reference, options]),
    pause: async (reference) => {
      this.calls.push(["containers.pause", reference]);
    },
    unpause: async (reference) => {
      this.calls.push(["containers.unpause", reference]);
    },
    kill: async (reference, signal) => {
      this.calls.push(["containers.kill", reference, signal]);
      if (this.box(reference).state.status !== "running")
        throw new EngineError("CONTAINER_NOT_RUNNING", { container: reference });
    },
    remove: async (reference, options) => {
      this.calls.push(["containers.remove", reference, options]);
      this.boxes.delete(this.box(reference).id);
    },
    wait: (reference, condition, signal) => {
      this.calls.push(["containers.wait", reference, condition]);
      const pending = Promise.withResolvers<number>();
      this.#exits.set(this.box(reference).id, pending);
      signal.addEventListener("abort", () => pending.reject(signal.reason));
      return pending.promise;
    },
    update: async (reference, update) => {
      const { id } = this.box(reference);
      this.calls.push(["containers.update", id, update]);
      return { warnings: [...this.limits.warnings] };
    },
    usage: (reference) => (this.box(reference).state.status === "running" ? this.limits.used : undefined),
    top: async (reference, psArguments) => {
      this.calls.push(["containers.top", this.box(reference).name, psArguments]);
      return this.limits.processes;
    },
    unlink: async (reference, alias) => void this.calls.push(["containers.unlink", reference, alias]),
    rename: async (reference, name) => {
      const box = this.box(reference);
      this.boxes.set(box.id, { ...box, name });
    },
    inspect: (reference) => this.#view(this.box(reference)),
    overlay: () => ({ lower: ["/b", "/a"], upper: "/upper", work: "/work", merged: "/merged" }),
    list: (options) => {
      this.calls.push(["containers.list", options]);
      return [...this.boxes.values()]
        .filter(({ state }) => options.all || state.status === "running")
        .map((box) => this.#view(box));
    },
    prune: async () => ({ removed: [], reclaimedBytes: 0 }),
    logs: (reference, query) => {
      this.calls.push(["containers.logs", reference, query]);
      return this.entries(query);
    },
    attach: (reference, options) => {
      this.calls.push(["containers.attach", reference, options]);
      return this.#attachment(this.box(reference), options);
    },
    resize: (reference, rows, columns) => void this.calls.push(["containers.resize", reference, rows, columns]),
    publish: async (reference, requests) => {
      this.calls.push(["containers.publish", reference, requests]);
      return requests.map(({ protocol, containerPort, hostPort }) => ({
        protocol,
        containerPort,
        hostPort,
        hostIp: "0.0.0.0",
      }));
    },
    withdraw: async (reference, ports) => {
      this.calls.push(["containers.withdraw", reference, ports]);
      return [];
    },
    execCreate: (reference, spec) => this.#execCreate(this.box(reference), spec),
    execStart: async (id, options) => {
      this.calls.push(["containers.execStart", id, options]);
      const session = await this.session();
      this.execs.set(id, { ...this.exec(id), running: true, pid: session.pid });
      void session.exited.then((exitCode) => this.execs.set(id, { ...this.exec(id), running: false, exitCode }));
      return session;
    },
    execCheck: (id) => checkExec(this.exec(id)),
    execInspect: (id) => this.exec(id),
    execResize: (id, rows, columns) => void this.calls.push(["containers.execResize", this.exec(id).id, rows, columns]),
    execDetached: (id) => void this.calls.push(["containers.execDetached", this.exec(id).id]),
  };

  /** Its output is `entries`, from the container's start on. */
  #attachment({ id, state }: Container, { signal }: AttachOptions): Attachment {
    const { promise: started, resolve } = Promise.withResolvers<boolean>();
    const subscription = this.subscribe(({ action }) => action === "start" && resolve(true));
    if (state.status === "running") resolve(true);
    signal.addEventListener("abort", () => resolve(false));
    const { entries, calls, input } = this;
    return {
      output: async function* (wanted) {
        if (await started) yield* entries({ ...wanted, follow: true });
      },
      openInput: async () =>
        (await started) ? new PassThrough().on("data", (bytes) => input.write(bytes)) : undefined,
      closeInput: async () => void input.end(),
      detached: () => void calls.push(["containers.detached", id]),
      [Symbol.dispose]: () => subscription[Symbol.dispose](),
    };
  }

  exec(id: string): ExecView {
    const found = this.execs.get(id);
    if (!found) throw new EngineError("EXEC_NOT_FOUND", { exec: id });
    return found;
  }

  subscribe(listener: (event: EngineEvent) => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }

  eventsSince(since: bigint): EngineEvent[] {
    return this.history.filter(({ timeNano }) => timeNano >= since);
  }

  async repair(options: { dryRun: boolean }) {
    this.calls.push(["repair", options]);
    const difference = {
      problem: "missing",
      object: "bridge br-0",
      owner: "network/0",
      detail: "it is not there",
    } as const;
    return { differences: [difference], repaired: !options.dryRun };
  }

  async rotateKey() {
    this.calls.push(["rotateKey"]);
    return { publicKey: Buffer.alloc(32, "key").toString("base64") };
  }

  counts() {
    const of = (status: string) => [...this.boxes.values()].filter(({ state }) => state.status === status).length;
    const [created, running, exited] = [of("created"), of("running"), of("exited")];
    return { created, running, paused: 0, exited, networks: this.nets.size, endpoints: this.endpoints.length };
  }

  #networkView(network: Network) {
    const endpoints = this.endpoints
      .filter(
        ({ networkId, containerId }) =>
          networkId === network.id && this.boxes.get(containerId)?.state.status === "running",
      )
      .map((endpoint) => ({ endpoint, containerName: this.box(endpoint.containerId).name }));
    const usage = network.pools.map(({ subnet }) => ({ subnet, inUse: 3n, available: 65533n }));
    return { network, endpoints, usage, ...this.shared.get(network.name) };
  }

  #view(container: Container): ContainerView {
    const endpoints = this.endpoints
      .filter(({ containerId }) => containerId === container.id)
      .map((endpoint) => ({ endpoint, network: this.network(endpoint.networkId) }));
    return { container, endpoints, ...viewDetails(endpoints, (of) => this.box(of)) };
  }

  #join(box: Container, network: Network, settings: EndpointSettings): void {
    if (this.endpoints.some((one) => one.containerId === box.id && one.networkId === network.id)) {
      throw new EngineError("ENDPOINT_EXISTS", { container: box.name, network: network.name });
    }
    const host = this.endpoints.length + 2;
    const address = network.pools[0] ? { ipv4: `${network.pools[0].subnet.replace(/\d+\/.*/, "")}${host}/16` } : {};
    const names = { dnsNames: [box.name, ...settings.aliases, box.id.slice(0, 12)] };
    this.endpoints.push({
      ...{
        id: newId(),
        networkId: network.id,
        containerId: box.id,
        settings,
        mac: "02:00:00:00:00:02",
        ifName: "eth0",
      },
      ...address,
      ...names,
    });
  }

  #execCreate(box: Container, spec: ExecSpec): string {
    if (box.state.status !== "running") throw new EngineError("CONTAINER_NOT_RUNNING", { container: box.id });
    const id = newId();
    this.execs.set(id, { id, containerId: box.id, spec, running: false, pid: 0 });
    return id;
  }
}
