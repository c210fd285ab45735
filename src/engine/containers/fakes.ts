import { cpSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { KeyedLock } from "../../base/keyed-lock.ts";
import { silentLog } from "../../base/log.ts";
import type { ContainerConfig } from "../../model/container.ts";
import { emptyRuntimeConfig, type Image } from "../../model/image.ts";
import type { Network } from "../../model/network.ts";
import type { ContainerRequest, EngineEvent } from "../engine.ts";
import { EventHub } from "../events.ts";
import { ContainerFiles } from "../files/container-files.ts";
import { HostResolvConf } from "../files/host-resolv-conf.ts";
import { State } from "../state.ts";
import { FakeVolumeFiles, fakeArchive, fakeVolumeParts } from "../volumes/fakes.ts";
import { FakeNetworking } from "./fake-networking.ts";
import { FakeRuntime } from "./fake-runtime.ts";
import { MemoryStore } from "./fake-store.ts";
import { linkHosts } from "./links/links.ts";
import type { ContainerParts } from "./parts.ts";
import { Steps } from "./steps.ts";
import { containerParts, containerUseCases } from "./use-cases.ts";

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
      namespaces: {},
      images: { find: () => image, writtenBytes: async () => 5 },
      files: new ContainerFiles(this.directory, {
        ...{ daemon: { dns: [], dnsSearch: [], dnsOptions: [] }, hostGateways: () => [] },
        linkHosts: (container) => linkHosts({ state: this.state }, container),
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
