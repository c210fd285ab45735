import { readJsonLines } from "./json-lines.ts";
import { orNothing } from "./networks.ts";
import type { Transport } from "./transport.ts";
import type { EventMessage, Filters, RepairReport } from "./types.ts";

/** System routes of the Docker Engine API, and our own repair. */
export class System {
  readonly #transport: Transport;
  constructor(transport: Transport) {
    this.#transport = transport;
  }

  version(): Promise<Readonly<Record<string, unknown>>> {
    return this.#transport.json({ method: "GET", path: "/version" });
  }

  info(): Promise<Readonly<Record<string, unknown>>> {
    return this.#transport.json({ method: "GET", path: "/info" });
  }

  /** Events as they happen, until `until` or for ever. */
  async events(query: { since?: string; until?: string; filters?: Filters }): Promise<AsyncIterable<EventMessage>> {
    const filters = orNothing(query.filters ?? {});
    const { body } = await this.#transport.send({ method: "GET", path: "/events", query: { ...query, filters } });
    return readJsonLines<EventMessage>(body);
  }

  /** Removes everything the daemon ever made, and ends it. */
  async reset(): Promise<void> {
    await this.#transport.json({ method: "POST", path: "/fairlead/reset" });
  }

  repair(options: { dryRun: boolean }): Promise<RepairReport> {
    return this.#transport.json({ method: "POST", path: "/fairlead/repair", query: { "dry-run": options.dryRun } });
  }
}
