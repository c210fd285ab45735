import type { Transport } from "./transport.ts";
import type { Filters, NetworkCreateBody, NetworkSummary } from "./types.ts";

/** Network routes of the Docker Engine API. */
export class Networks {
  readonly #transport: Transport;
  constructor(transport: Transport) {
    this.#transport = transport;
  }

  create(body: NetworkCreateBody): Promise<{ Id: string; Warning: string }> {
    return this.#transport.json({ method: "POST", path: "/networks/create", body });
  }

  list(filters: Filters = {}): Promise<NetworkSummary[]> {
    return this.#transport.json({ method: "GET", path: "/networks", query: { filters: orNothing(filters) } });
  }

  inspect(name: string, query: { verbose?: boolean } = {}): Promise<NetworkSummary> {
    return this.#transport.json({ method: "GET", path: path(name), query });
  }

  async remove(name: string): Promise<void> {
    await this.#transport.json({ method: "DELETE", path: path(name) });
  }

  async connect(name: string, body: { Container: string; EndpointConfig: object }): Promise<void> {
    await this.#transport.json({ method: "POST", path: `${path(name)}/connect`, body });
  }

  async disconnect(name: string, body: { Container: string; Force: boolean }): Promise<void> {
    await this.#transport.json({ method: "POST", path: `${path(name)}/disconnect`, body });
  }

  prune(filters: Filters): Promise<{ NetworksDeleted: string[] | null }> {
    return this.#transport.json({ method: "POST", path: "/networks/prune", query: { filters: orNothing(filters) } });
  }
}

const path = (name: string): string => `/networks/${encodeURIComponent(name)}`;

/** No filters are no parameter. */
export const orNothing = (filters: Filters): Filters | undefined =>
  Object.keys(filters).length > 0 ? filters : undefined;
