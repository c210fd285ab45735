import type { Socket } from "node:net";
import { isFramed, readFrames } from "./frames.ts";
import { orNothing } from "./networks.ts";
import { type Hijacked, type QueryValues, readText, type Transport } from "./transport.ts";
import type { ContainerInspect, ContainerSummary, Filters, PortMapping, PortPublish } from "./types.ts";

/** What a container or command writes; `stdin` never comes. */
export interface Output {
  readonly stream: "stdout" | "stderr" | "stdin";
  readonly bytes: Uint8Array;
}

/** Container routes of the Docker Engine API, and our own for published ports. */
export class Containers {
  readonly #transport: Transport;
  constructor(transport: Transport) {
    this.#transport = transport;
  }

  create(name: string, body: object): Promise<{ Id: string; Warnings: string[] | null }> {
    return this.#transport.json({
      method: "POST",
      path: "/containers/create",
      query: { name: name || undefined },
      body,
    });
  }

  list(
    query: { all?: boolean; limit?: number | undefined; size?: boolean; filters?: Filters } = {},
  ): Promise<ContainerSummary[]> {
    const filters = orNothing(query.filters ?? {});
    return this.#transport.json({ method: "GET", path: "/containers/json", query: { ...query, filters } });
  }

  inspect(name: string, query: { size?: boolean } = {}): Promise<ContainerInspect> {
    return this.#transport.json({ method: "GET", path: path(name, "json"), query });
  }

  start(name: string): Promise<void> {
    return this.#post(name, "start");
  }

  stop(name: string, query: { t?: number | undefined; signal?: string | undefined } = {}): Promise<void> {
    return this.#post(name, "stop", query);
  }

  restart(name: string, query: { t?: number | undefined; signal?: string | undefined } = {}): Promise<void> {
    return this.#post(name, "restart", query);
  }

  kill(name: string, signal?: string): Promise<void> {
    return this.#post(name, "kill", { signal });
  }

  pause(name: string): Promise<void> {
    return this.#post(name, "pause");
  }

  unpause(name: string): Promise<void> {
    return this.#post(name, "unpause");
  }

  rename(name: string, to: string): Promise<void> {
    return this.#post(name, "rename", { name: to });
  }

  async remove(name: string, query: { force?: boolean; v?: boolean } = {}): Promise<void> {
    await this.#transport.json({ method: "DELETE", path: path(name), query });
  }

  prune(filters: Filters): Promise<{ ContainersDeleted: string[] | null; SpaceReclaimed: number }> {
    return this.#transport.json({ method: "POST", path: "/containers/prune", query: { filters: orNothing(filters) } });
  }

  /** Resolves once the daemon has registered the wait; `exit` is the container's exit code. */
  async wait(name: string, condition?: "next-exit" | "removed"): Promise<{ exit: Promise<number> }> {
    const { body } = await this.#transport.send({ method: "POST", path: path(name, "wait"), query: { condition } });
    const exit = readText(body).then((text) => {
      const { StatusCode, Error: failure } = JSON.parse(text) as { StatusCode: number; Error?: { Message: string } };
      if (failure?.Message) throw new Error(failure.Message);
      return StatusCode;
    });
    exit.catch(() => undefined); // reported to whoever awaits it
    return { exit };
  }

  /** Output of the container's log, then, with `follow`, what it writes from now on. */
  async logs(name: string, query: QueryValues): Promise<AsyncIterable<Output>> {
    const { headers, body } = await this.#transport.send({ method: "GET", path: path(name, "logs"), query });
    return outputs(headers, body);
  }

  /**
   * What the container writes from now on, and with `input` a socket to write to. Resolves once the daemon has attached,
   * so it may be started after.
   */
  async attach(name: string, { input = false } = {}): Promise<{ output: AsyncIterable<Output>; socket: Socket }> {
    const query = { stream: true, stdin: input || undefined, stdout: true, stderr: true };
    const hijacked = await this.#transport.hijack({ method: "POST", path: path(name, "attach"), query });
    return { output: outputs(hijacked.headers, hijacked.output), socket: hijacked.socket };
  }

  /** Of the container's terminal. */
  async resize(name: string, rows: number, columns: number): Promise<void> {
    await this.#post(name, "resize", { h: rows, w: columns });
  }

  async publish(name: string, ports: readonly PortPublish[]): Promise<PortMapping[]> {
    const request = { method: "POST", path: ownPath(name), body: { ports } } as const;
    return (await this.#transport.json<{ ports: PortMapping[] }>(request)).ports;
  }

  async withdraw(
    name: string,
    ports: readonly { protocol: string; containerPort: number; hostPort?: number }[],
  ): Promise<PortMapping[]> {
    const request = { method: "DELETE", path: ownPath(name), body: { ports } } as const;
    return (await this.#transport.json<{ ports: PortMapping[] }>(request)).ports;
  }

  async #post(name: string, verb: string, query: QueryValues = {}): Promise<void> {
    await this.#transport.json({ method: "POST", path: path(name, verb), query });
  }
}

/** Frames, or for a terminal the bytes as they come. */
export function outputs(headers: ReadonlyMap<string, string>, body: Hijacked["output"]): AsyncIterable<Output> {
  return isFramed(headers) ? readFrames(body) : plain(body);
}

async function* plain(body: AsyncIterable<Buffer>): AsyncGenerator<Output> {
  for await (const bytes of body) yield { stream: "stdout", bytes };
}

const path = (name: string, verb?: string): string =>
  `/containers/${encodeURIComponent(name)}${verb ? `/${verb}` : ""}`;
const ownPath = (name: string): string => `/fairlead/containers/${encodeURIComponent(name)}/ports`;
