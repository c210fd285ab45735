import type { EngineApi } from "./engine-api.ts";
import { execTrue, runTrue } from "./work.ts";

export const rounds = 20;
const atOnce = 50;
const roundsAtOnce = 3;

/** A piece of work that both engines are timed at. */
export interface Task {
  readonly what: string;
  /** Of our median, in dockerd's. */
  readonly atMost: number;
  readonly rounds: number;
  run(api: EngineApi): Promise<unknown>;
}

const run = (network: string, host: Readonly<Record<string, unknown>>): Task => ({
  ...{ what: `run --rm true, network ${network}`, atMost: 1, rounds, run: (api) => runTrue(api, host) },
});

export const onNone = run("none", { NetworkMode: "none" });
export const onBridge = run("bridge", { NetworkMode: "bridge" });
export const onPort = run("bridge, 1 port", {
  ...{ NetworkMode: "bridge", PortBindings: { "80/tcp": [{ HostPort: "8080" }] } },
});

/** In the order in which they are done in each round: what one makes, a later one takes away. */
export const tasks: readonly Task[] = [
  ...[onNone, onBridge, onPort],
  { what: "exec true", atMost: 1, rounds, run: execTrue },
  {
    ...{ what: "network create", atMost: 1, rounds },
    run: (api) => api.ask("POST", "/networks/create", { Name: "live", Driver: "bridge" }),
  },
  {
    ...{ what: "network connect", atMost: 0.2, rounds },
    run: (api) => api.ask("POST", "/networks/live/connect", { Container: "stay" }),
  },
  {
    ...{ what: "network disconnect", atMost: 1, rounds },
    run: (api) => api.ask("POST", "/networks/live/disconnect", { Container: "stay" }),
  },
  { what: "network rm", atMost: 1, rounds, run: (api) => api.ask("DELETE", "/networks/live") },
  {
    ...{ what: `${atOnce} times run --rm true at once, network bridge`, atMost: 1, rounds: roundsAtOnce },
    run: (api) => Promise.all(Array.from({ length: atOnce }, () => runTrue(api, { NetworkMode: "bridge" }))),
  },
];
