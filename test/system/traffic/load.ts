import { setTimeout as sleep } from "node:timers/promises";
import type { Client } from "../../../src/client/client.ts";
import { ApiError } from "../../../src/client/errors.ts";

/** A change and its opposite, done again and again; `round` makes names differ. */
export type Loop = (round: number) => Promise<unknown>;

/**
 * Loops that change things all the time, whether or not a daemon answers. What a killed daemon leaves undone the next
 * round finds; that the daemon itself is at a loss (status 500) is never right and is kept for the test to see.
 */
export class Load {
  readonly failures: string[] = [];
  /** Rounds of each loop that went through. */
  readonly done: Record<string, number>;
  #going = true;
  #paused: PromiseWithResolvers<void> | undefined;
  #busy = 0;
  #idle: (() => void) | undefined;
  readonly #loops: Promise<void>[];

  constructor(loops: Readonly<Record<string, Loop>>) {
    this.done = Object.fromEntries(Object.keys(loops).map((name) => [name, 0]));
    this.#loops = Object.entries(loops).map(([name, loop]) => this.#repeat(name, loop));
  }

  async #repeat(name: string, loop: Loop): Promise<void> {
    for (let round = 0; this.#going; round++) {
      await this.#paused?.promise;
      this.#busy += 1;
      await this.#once(name, loop, round);
      this.#busy -= 1;
      if (this.#busy === 0) this.#idle?.();
    }
  }

  async #once(name: string, loop: Loop, round: number): Promise<void> {
    try {
      await loop(round);
      this.done[name] = (this.done[name] ?? 0) + 1;
    } catch (error) {
      if (error instanceof ApiError && error.status >= 500)
        this.failures.push(`${new Date().toISOString()} ${name}: ${error.message}`);
      await sleep(5); // no daemon, most likely: it is on its way
    }
  }

  /** Lets nobody begin another round; resolves when all have ended theirs. */
  async pause(): Promise<void> {
    this.#paused ??= Promise.withResolvers();
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#idle = resolve;
    if (this.#busy > 0) await promise;
  }

  resume(): void {
    this.#paused?.resolve();
    this.#paused = undefined;
  }

  async stop(): Promise<void> {
    this.#going = false;
    this.resume();
    await Promise.all(this.#loops);
  }
}

/** A container whose root is the host's. */
export const body = (network: string, command: readonly string[], host: object = {}): object => ({
  Fairlead: { Rootfs: "host" },
  Cmd: command,
  StopTimeout: 0,
  HostConfig: { NetworkMode: network, ...host },
});

/** What there is no more is removed as well. */
export async function ifThere(removal: Promise<unknown>): Promise<void> {
  await removal.catch((error: unknown) => {
    if (!(error instanceof ApiError && error.status === 404)) throw error;
  });
}

/**
 * Every kind of change, on containers and networks of its own and on two that talk to each other meanwhile. `server` is
 * published: it keeps its default route, since flows through another are not to be expected to outlive that.
 */
export function everyChange(client: Client, server: string, talker: string): Record<string, Loop> {
  const join = (container: string, GwPriority: number) => async () => {
    await client.networks.disconnect("side", { Container: container, Force: false }).catch(unlessRefused);
    await client.networks.connect("side", { Container: container, EndpointConfig: { GwPriority } });
    await client.networks.disconnect("side", { Container: container, Force: false });
  };
  const network = (name: string) => ({ Name: name, Driver: "bridge", EnableIPv6: true });
  const run = async (name: string, where: string, host: object) => {
    await ifThere(client.containers.remove(name, { force: true }));
    await client.containers.create(name, body(where, ["sleep", "1000"], host));
    await client.containers.start(name);
    await client.containers.remove(name, { force: true });
  };
  return {
    async network(round) {
      const name = `net${round % 3}`;
      await ifThere(client.networks.remove(name));
      await client.networks.create(network(name));
      await client.networks.remove(name);
    },
    run: (round) => run(`run${round % 2}`, "wire", {}),
    runPublished: (round) =>
      run(`pub${round % 2}`, "bridge", {
        AutoRemove: true,
        PortBindings: {
          "80/tcp": [{ HostIp: "", HostPort: String(8100 + (round % 2)) }],
          "53/udp": [{ HostIp: "", HostPort: "" }],
        },
      }),
    joinServer: join(server, -9),
    joinTalker: join(talker, 9),
    async port(round) {
      const port = { protocol: round % 2 ? "udp" : "tcp", containerPort: 90 };
      await client.containers.withdraw(server, [port]).catch(unlessRefused);
      await client.containers.publish(server, [{ ...port, hostIp: "", hostPort: 8200, hostPortEnd: 8200 }]);
      await client.containers.withdraw(server, [port]);
    },
  };
}

/** "It is not connected", "it is not published": nothing was left of the round before. */
function unlessRefused(error: unknown): void {
  const refused =
    error instanceof ApiError && (error.status < 500 || /is not connected to network/.test(error.message));
  if (!refused) throw error;
}
