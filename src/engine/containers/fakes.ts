import { cpSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { EngineError } from "../../base/errors.ts";
import { newId } from "../../base/ids.ts";
import { KeyedLock } from "../../base/keyed-lock.ts";
import { silentLog } from "../../base/log.ts";
import type { Rollback } from "../../base/rollback.ts";
import type { ExecSession, ExecSpec, Exit, LogEntry, OutputTap, RunPlan, Runtime } from "../../contracts/runtime.ts";
import type { RecordKind, Store, StoreChange } from "../../contracts/store.ts";
import type { Container, ContainerConfig } from "../../model/container.ts";
import type { Endpoint } from "../../model/endpoint.ts";
import { emptyRuntimeConfig, type Image } from "../../model/image.ts";
import type { Network } from "../../model/network.ts";
import type { PortMapping, PortRequest } from "../../model/port.ts";
import type { ContainerRequest, EngineEvent } from "../engine.ts";
import { EventHub } from "../events.ts";
import { ContainerFiles } from "../files/container-files.ts";
import { HostResolvConf } from "../files/host-resolv-conf.ts";
import type { Networking, OpenNetwork } from "../networking.ts";
import { State } from "../state.ts";
import { FakeVolumeFiles, fakeArchive, fakeVolumeParts } from "../volumes/fakes.ts";
import { FakeLimitedRuntime } from "./limits/fake-limited-runtime.ts";
import type { ContainerParts } from "./parts.ts";
import { containerParts, containerUseCases } from "./use-cases.ts";

/** Every call into a contract passes here; the chosen one fails. */
export class Steps {
  readonly taken: string[] = [];
  failAt = -1;
  /** Called before each step takes effect: a daemon that is killed there leaves what is to be seen then. */
  onStep: (name: string) => void = () => {};

  take(name: string): void {
    this.pass(name);
    if (this.taken.length - 1 === this.failAt) throw new Error(`injected at ${name}`);
  }
  /** A step after the commit point: it is seen, and not made to fail. */
  pass(name: string): void {
    this.taken.push(name);
    this.onStep(name);
  }
  reset(failAt = -1): void {
    this.taken.length = 0;
    this.failAt = failAt;
  }
}

/** A store in memory. */
export class MemoryStore implements Store {
  readonly records = new Map<string, { kind: RecordKind; value: unknown }>();
  readonly #steps: Steps;
  constructor(steps: Steps) {
    this.#steps = steps;
  }
  all<T>(kind: RecordKind): T[] {
    return [...this.records.values()]
      .filter((each) => each.kind === kind)
      .map((each) => structuredClone(each.value) as T);
  }
  get<T>(kind: RecordKind, id: string): T | undefined {
    return this.all<T & { id: string }>(kind).find((each) => each.id === id);
  }
  commit(changes: readonly StoreChange[]): void {
    this.#steps.take("store.commit");
    for (const change of changes) {
      if ("put" in change) this.records.set(change.id, { kind: change.put, value: structuredClone(change.value) });
      else this.records.delete(change.id);
    }
  }
  close(): void {}
}

interface Process {
  readonly pid: number;
  started: boolean;
}

/** Processes that are only written down. They end on SIGKILL, and on other signals unless `stubborn`. */
export class FakeRuntime extends FakeLimitedRuntime implements Runtime {
  readonly processes = new Map<string, Process>();
  readonly disk = new Set<string>();
  readonly exits = new Map<string, Exit>();
  readonly signals: string[] = [];
  readonly paused = new Set<string>();
  /** Ends that paused ones have still to hear of: exit codes. */
  readonly #kept = new Map<string, number>();
  /** Called when a command starts, still inside start(). */
  onStart: (id: string) => void = () => {};
  stubborn = false;
  #nextPid = 100;
  #listener: ((exit: Exit) => void) | undefined;
  readonly #steps: Steps;
  constructor(steps: Steps) {
    super((step) => steps.take(step));
    this.#steps = steps;
  }
  /** The daemon has gone: nobody hears of ends any more. */
  silence(): void {
    this.#listener = undefined;
  }
  /** Ends a process; the news comes later, as from a real watcher. */
  end(id: string, exitCode: number): void {
    if (!this.processes.delete(id)) return;
    const exit = { containerId: id, exitCode, at: new Date().toISOString() };
    this.exits.set(id, exit);
    setImmediate(() => this.#listener?.(exit));
  }
  async create({ container }: RunPlan): Promise<{ pid: number }> {
    this.#steps.take("runtime.create");
    const pid = this.#nextPid++;
    this.exits.delete(container.id);
    this.processes.set(container.id, { pid, started: false });
    this.disk.add(container.id);
    return { pid };
  }
  async start(id: string): Promise<void> {
    this.#steps.take("runtime.start");
    const process = this.processes.get(id);
    if (process) process.started = true;
    this.onStart(id);
  }
  async kill(id: string, signal: string): Promise<void> {
    this.#steps.pass("runtime.kill");
    this.signals.push(signal);
    if (!this.processes.has(id)) throw new EngineError("CONTAINER_NOT_RUNNING", { container: id });
    if (this.paused.has(id)) this.#kept.set(id, 128 + Number(signal));
    else if (signal === "9") this.end(id, 137);
    else if (!this.stubborn) this.end(id, 128 + Number(signal));
  }
  async pause(id: string): Promise<void> {
    this.#steps.take("runtime.pause");
    this.paused.add(id);
  }
  async unpause(id: string): Promise<void> {
    this.#steps.take("runtime.unpause");
    this.paused.delete(id);
    const kept = this.#kept.get(id);
    this.#kept.delete(id);
    if (kept !== undefined) this.end(id, kept);
  }
  isPaused(id: string): boolean {
    return this.paused.has(id);
  }
  async release(id: string): Promise<void> {
    this.#steps.pass("runtime.release");
    this.processes.delete(id);
  }
  async remove(id: string): Promise<void> {
    this.#steps.pass("runtime.remove");
    this.processes.delete(id);
    this.disk.delete(id);
  }
  /** What exec() gives; tests that need one set it. */
  onExec: (id: string, spec: ExecSpec) => ExecSession = () => {
    throw new Error("no exec here");
  };
  async exec(id: string, spec: ExecSpec): Promise<ExecSession> {
    return this.onExec(id, spec);
  }
  async *logs(): AsyncIterable<LogEntry[]> {}
  tap(): OutputTap {
    return { follow: async function* () {}, [Symbol.dispose]: () => undefined };
  }
  openInput(): undefined {}
  closeInput(): void {}
  resize(): void {}
  async running(): Promise<Map<string, number>> {
    return new Map([...this.processes].map(([id, { pid }]) => [id, pid]));
  }
  exitOf(id: string): Exit | undefined {
    return this.exits.get(id);
  }
  watch(onExit: (exit: Exit) => void): Disposable {
    this.#listener = onExit;
    return { [Symbol.dispose]: () => this.silence() };
  }
  checkMounts(): void {
    this.#steps.take("runtime.checkMounts");
  }

  /** Of the root of a new container; it may throw. */
  onCheckRootfs = () => {};

  checkRootfs(): void {
    this.#steps.take("runtime.checkRootfs");
    this.onCheckRootfs();
  }
  leftovers(): string[] {
    return [...this.disk];
  }
}

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

export const network: Network = {
  ...{ id: "a".repeat(64), name: "bridge", driver: "bridge", scope: "local", created: "2026-01-01T00:00:00Z" },
  ...{ internal: false, attachable: false, ipv4: true, ipv6: false, ipamDriver: "default", ipamOptions: {} },
  ...{ pools: [], userSubnets: false, options: {}, labels: {}, mtu: 1500, configOnly: false, builtIn: true },
};

export const config: ContainerConfig = {
  ...{ rootfs: { kind: "host" }, args: ["sleep"], entrypoint: [], command: ["sleep"], env: [], workingDir: "" },
  ...{ user: "", tty: false, openStdin: false, hostname: "", domainname: "", labels: {}, mounts: [], sysctls: {} },
  ...{ capAdd: [], capDrop: [], privileged: false, readonlyRootfs: false, autoRemove: false, stopSignal: "SIGTERM" },
  ...{ stopTimeoutSeconds: 10, networkMode: { kind: "networks" }, networkModeText: "bridge", exposed: [] },
  ...{ publish: [], publishAll: false, dns: [], dnsSearch: [], dnsOptions: [], extraHosts: [] },
};

/** A request for a container `name`; `over` changes its configuration. */
export const request = (name: string, over: Partial<ContainerConfig> = {}): ContainerRequest => ({
  ...{ name, endpoints: [] },
  config: { ...config, ...over },
});

const image: Image = {
  ...{ id: "sha256:1234", references: ["web:latest"], digests: [], created: "", taggedAt: "", size: 1, layers: [] },
  ...{ architecture: "amd64", variant: "", os: "linux", author: "", comment: "", dockerVersion: "", history: [] },
  config: emptyRuntimeConfig,
};

/** A daemon of fakes around the real state, events and files. `reborn()` is the next daemon on the same machine. */
export class World implements Disposable {
  readonly steps: Steps;
  readonly store: MemoryStore;
  readonly runtime: FakeRuntime;
  readonly networking: FakeNetworking;
  readonly volumeFiles: FakeVolumeFiles;
  readonly state: State;
  readonly parts: ContainerParts;
  readonly events: EngineEvent[] = [];
  readonly directory: string;

  constructor(before?: World) {
    this.steps = before?.steps ?? new Steps();
    this.store = before?.store ?? new MemoryStore(this.steps);
    this.runtime = before?.runtime ?? new FakeRuntime(this.steps);
    if (!before) this.store.records.set(network.id, { kind: "network", value: network });
    this.state = new State(this.store);
    this.networking = new FakeNetworking(this.steps, () => this.state);
    this.volumeFiles = before?.volumeFiles ?? new FakeVolumeFiles();
    this.volumeFiles.onStep = (name) => this.steps.take(name);
    this.directory = before?.directory ?? mkdtempSync(join(tmpdir(), "fairlead-"));
    const events = new EventHub();
    events.subscribe((event) => this.events.push(event));
    const locks = new KeyedLock();
    this.parts = containerParts({
      archive: fakeArchive,
      volumes: fakeVolumeParts({ state: this.state, events, locks }, this.volumeFiles),
      ...{ state: this.state, locks, networking: this.networking, runtime: this.runtime, events },
      ...{ log: silentLog, logPath: (id: string) => `/logs/${id}`, logConfig: { type: "json-file", options: {} } },
      images: { find: () => image, writtenBytes: async () => 5 },
      files: new ContainerFiles(this.directory, {
        ...{ daemon: { dns: [], dnsSearch: [], dnsOptions: [] }, hostGateways: () => [], linkHosts: () => [] },
        ...{ hostResolvConf: new HostResolvConf("/nonexistent"), hostHosts: "/nonexistent", log: silentLog },
      }),
    });
  }

  get containers() {
    return containerUseCases(this.parts);
  }
  actions(): string[] {
    return this.events.filter(({ type }) => type === "container").map(({ action }) => action);
  }
  /** The daemon is killed and started again: what was in memory is lost, what runs runs on. */
  reborn(): World {
    this.runtime.silence();
    this.stopClocks();
    return new World(this);
  }
  stopClocks(): void {
    this.parts.restarts[Symbol.dispose]();
    this.parts.health[Symbol.dispose]();
  }
  /** The machine as it is at this moment, for a daemon that finds it so; this one goes on with its own. */
  copy(): World {
    const copy = new World();
    copy.store.records.clear();
    for (const [id, record] of this.store.records) copy.store.records.set(id, structuredClone(record));
    for (const [id, process] of this.runtime.processes) copy.runtime.processes.set(id, { ...process });
    for (const [id, exit] of this.runtime.exits) copy.runtime.exits.set(id, exit);
    for (const id of this.runtime.disk) copy.runtime.disk.add(id);
    cpSync(this.directory, copy.directory, { recursive: true });
    return copy;
  }
  /** All that a failed operation must leave as it was; written files of a container that exists are no trace. */
  snapshot() {
    const { store, runtime, networking, state, directory } = this;
    return {
      store: [...store.records],
      memory: [[...state.networks.values()], [...state.containers.values()], [...state.endpoints.values()]],
      processes: [...runtime.processes.keys()],
      sandboxes: [...networking.sandboxes.keys()],
      addresses: [...networking.addresses],
      volumes: this.volumeFiles.names(),
      files: readdirSync(directory).filter((id) => !state.containers.has(id)),
    };
  }
  [Symbol.dispose](): void {
    this.stopClocks();
    rmSync(this.directory, { recursive: true, force: true });
  }
}
