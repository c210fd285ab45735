import type { Hijacked, Transport } from "./transport.ts";
import type { ExecCreateBody } from "./types.ts";

/** Exec routes of the Docker Engine API. */
export class Exec {
  readonly #transport: Transport;
  constructor(transport: Transport) {
    this.#transport = transport;
  }

  async create(container: string, body: ExecCreateBody): Promise<string> {
    const path = `/containers/${encodeURIComponent(container)}/exec`;
    return (await this.#transport.json<{ Id: string }>({ method: "POST", path, body })).Id;
  }

  /** Runs it and returns at once. */
  async startDetached(id: string, body: { Tty: boolean }): Promise<void> {
    await this.#transport.json({ method: "POST", path: `/exec/${id}/start`, body: { Detach: true, ...body } });
  }

  /** Runs it on this connection: its input is what is written to the socket, half-close ends it. */
  start(id: string, body: { Tty: boolean; ConsoleSize?: readonly [number, number] }): Promise<Hijacked> {
    return this.#transport.hijack({ method: "POST", path: `/exec/${id}/start`, body: { Detach: false, ...body } });
  }

  async resize(id: string, rows: number, columns: number): Promise<void> {
    await this.#transport.json({ method: "POST", path: `/exec/${id}/resize`, query: { h: rows, w: columns } });
  }

  inspect(id: string): Promise<{ Running: boolean; ExitCode: number | null; Pid: number }> {
    return this.#transport.json({ method: "GET", path: `/exec/${id}/json` });
  }
}
