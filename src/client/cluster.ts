import type { Transport } from "./transport.ts";
import type { ClusterStatus, HostInspect } from "./types.ts";

/** Our own routes of the cluster and its hosts. */
export class Cluster {
  readonly #transport: Transport;
  constructor(transport: Transport) {
    this.#transport = transport;
  }

  status(): Promise<ClusterStatus> {
    return this.#transport.json({ method: "GET", path: "/fairlead/cluster" });
  }

  rotateKey(): Promise<{ publicKey: string }> {
    return this.#transport.json({ method: "POST", path: "/fairlead/cluster/rotate-key" });
  }

  async hosts(): Promise<HostInspect[]> {
    return (await this.#transport.json<{ hosts: HostInspect[] }>({ method: "GET", path: "/fairlead/hosts" })).hosts;
  }

  inspectHost(name: string): Promise<HostInspect> {
    return this.#transport.json({ method: "GET", path: path(name) });
  }

  async removeHost(name: string): Promise<void> {
    await this.#transport.json({ method: "DELETE", path: path(name) });
  }

  async drainHost(name: string, drained: boolean): Promise<void> {
    await this.#transport.json({ method: "POST", path: `${path(name)}/drain`, body: { drained } });
  }
}

const path = (name: string): string => `/fairlead/hosts/${encodeURIComponent(name)}`;
