import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { silentLog } from "../src/base/log.ts";
import { Rollback } from "../src/base/rollback.ts";
import type { Durability } from "../src/contracts/store.ts";
import { attachmentsOf } from "../src/engine/endpoints/attachments.ts";
import { EndpointNetworking } from "../src/engine/endpoints/networking.ts";
import type { Engine } from "../src/engine/engine.ts";
import { ContainerFiles } from "../src/engine/files/container-files.ts";
import { HostResolvConf } from "../src/engine/files/host-resolv-conf.ts";
import { createNetwork } from "../src/engine/networks/create.ts";
import { networkUseCases } from "../src/engine/networks/use-cases.ts";
import { watchKernel } from "../src/engine/reconcile/watch.ts";
import { findContainer } from "../src/engine/reference.ts";
import { type NetworkingParts, openNetworking } from "../src/main/networking-parts.ts";
import type { Container } from "../src/model/container.ts";
import type { PortMapping, PortRequest } from "../src/model/port.ts";
import { labContainer, labSettings } from "../test/failures/container.ts";

/**
 * The engine with all its parts, without HTTP and without processes: what networking itself costs. Containers are
 * records in which nothing runs. For a throw-away network and mount namespace.
 */
export class EngineInProcess implements AsyncDisposable {
  readonly #folder: string;
  readonly #opened: NetworkingParts;
  readonly #networking: EndpointNetworking;
  readonly #networks: Engine["networks"];
  readonly #watch: Disposable;

  private constructor(folder: string, opened: NetworkingParts) {
    this.#folder = folder;
    this.#opened = opened;
    const { parts } = opened;
    const upstreamsOf = () => [{ address: "192.0.2.53", port: 53, from: "host" } as const];
    const settings = { dns: [], dnsSearch: [], dnsOptions: [] };
    const files = new ContainerFiles(join(folder, "files"), {
      daemon: settings,
      hostResolvConf: new HostResolvConf(),
      hostGateways: () => [],
      linkHosts: () => [],
      hostHosts: "/etc/hosts",
      log: silentLog,
    });
    this.#networking = new EndpointNetworking(parts, { upstreamsOf: upstreamsOf, updateFiles() {} });
    this.#networks = networkUseCases(parts, {
      find: (reference) => findContainer(parts.state, reference),
      upstreamsOf,
      updateFiles: (container) =>
        files.updateHosts(
          container,
          attachmentsOf(parts, container.id).map(({ endpoint }) => endpoint),
        ),
    });
    this.#watch = watchKernel(parts);
  }

  static async open(): Promise<EngineInProcess> {
    const folder = mkdtempSync(join(tmpdir(), "fairlead-bench-"));
    const bridge = { name: "", icc: true, ipv6: false, masquerade: true, hostIp: "" };
    const roots = { dataRoot: join(folder, "data"), execRoot: join(folder, "run") };
    const opened = await openNetworking({ ...roots, addressPools: [], ipForward: true, bridge }, silentLog);
    opened.parts.firewall.ensure();
    opened.parts.kernel.repair(opened.parts.hostObjects());
    return new EngineInProcess(folder, opened);
  }

  /** Makes a network; returns the name of its bridge. */
  async createNetwork(name: string, subnet: string): Promise<string> {
    const { id } = await createNetwork(this.#opened.parts, {
      ...{ name, driver: "bridge", internal: false, attachable: false, ipv4: true, ipv6: false, ipamDriver: "default" },
      ...{ ipamOptions: {}, options: {}, labels: {}, configOnly: false },
      pools: [{ subnet, aux: {} }],
    });
    return `br-${id.slice(0, 12)}`;
  }

  /** Container create and start as far as networking goes: addresses and record, then sandbox, links, names, ports. */
  async start(name: string, network: string, publish: readonly PortRequest[] = []): Promise<number> {
    const { state } = this.#opened.parts;
    const container = labContainer(name, publish);
    const begin = performance.now();
    await this.#networking.reserve(container, [{ network, settings: labSettings }], (endpoints) =>
      state.commit([
        { put: "container", id: container.id, value: container },
        ...endpoints.map((value) => ({ put: "endpoint", id: value.id, value }) as const),
      ]),
    );
    await using rollback = new Rollback();
    await this.#networking.open(container, ({ ports }) => this.#save({ ...container, ports }, "process"), rollback);
    rollback.commit();
    return performance.now() - begin;
  }

  /** Stop and remove. */
  async remove(name: string): Promise<void> {
    const { state } = this.#opened.parts;
    const container = this.#find(name);
    await this.#networking.close(container);
    await this.#networking.release(container, (ids) =>
      state.commit([
        ...ids.map((id) => ({ delete: "endpoint", id }) as const),
        { delete: "container", id: container.id },
      ]),
    );
  }

  async connect(network: string, name: string): Promise<number> {
    const begin = performance.now();
    await this.#networks.connect(network, name, labSettings);
    return performance.now() - begin;
  }

  async disconnect(network: string, name: string): Promise<number> {
    const begin = performance.now();
    await this.#networks.disconnect(network, name, { force: false });
    return performance.now() - begin;
  }

  /** Publishes ports of a running container, and withdraws them again. Milliseconds of both. */
  async publish(name: string, requests: readonly PortRequest[]): Promise<{ add: number; remove: number }> {
    const container = this.#find(name);
    const save = (ports: readonly PortMapping[]) => this.#save({ ...container, ports });
    const begin = performance.now();
    const added = await this.#networking.publish(container, requests, save);
    const published = performance.now();
    await this.#networking.withdraw(container, added, save);
    return { add: published - begin, remove: performance.now() - published };
  }

  #find(name: string): Container {
    return findContainer(this.#opened.parts.state, name);
  }

  #save(value: Container, durability?: Durability): void {
    this.#opened.parts.state.commit([{ put: "container", id: value.id, value }], durability);
  }

  /** Lets go of everything; what is in the kernel goes with its namespace, which ends with the process. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#watch[Symbol.dispose]();
    await this.#opened.close();
    this.#opened.parts.kernel.sandboxes.dismantle();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
