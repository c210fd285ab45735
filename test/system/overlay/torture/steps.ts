import { Chance } from "../../../../src/cluster/testing/torture/chance.ts";

/** One thing that happens to a host, or to all. `nth` chooses among the containers there are. */
export type Step = { readonly host: number } & (
  | { readonly do: "run" | "rm" | "connect" | "disconnect"; readonly nth: number; readonly network: string }
  | { readonly do: "kill" | "start" | "stop" | "continue" | "wipe" | "compact" | "store kill" | "store start" | "mend" }
  | { readonly do: "cut"; readonly from: string }
  | { readonly do: "host rm"; readonly of: number }
  | { readonly do: "wait"; readonly seconds: number }
);

const weights = {
  ...{ run: 30, rm: 12, connect: 12, disconnect: 8 },
  ...{ kill: 6, start: 8, stop: 4, continue: 6, wipe: 2, cut: 7, mend: 7 },
  ...{ "store kill": 2, "store start": 5, compact: 3, "host rm": 4, wait: 3 },
} as const;

export const networks = ["red", "blue"] as const;

/** The same for the same seed. Some steps find nothing to do: a daemon cannot be killed twice. */
export function stepsOf(seed: number, count: number): Step[] {
  const chance = new Chance(seed);
  return Array.from({ length: count }, () => stepOf(chance));
}

function stepOf(chance: Chance): Step {
  const host = chance.int(1, 3);
  const what = chance.weighted(weights);
  const others = [1, 2, 3].filter((other) => other !== host).map((other) => `host${other}`);
  switch (what) {
    case "run":
    case "rm":
    case "connect":
    case "disconnect":
      return { host, do: what, nth: chance.int(0, 20), network: chance.pick(networks) };
    case "cut":
      return { host, do: what, from: chance.pick([...others, "store"]) };
    case "host rm":
      return { host, do: what, of: chance.int(1, 3) };
    case "wait":
      return { host, do: what, seconds: chance.pick([0.3, 2, 5]) };
    case "kill":
    case "start":
    case "stop":
    case "continue":
    case "wipe":
    case "compact":
    case "store kill":
    case "store start":
    case "mend":
      return { host, do: what };
  }
}

export const describeStep = ({ host, do: what, ...more }: Step): string =>
  [`host${host}`, what, ...Object.entries(more).map(([name, value]) => `${name}=${value}`)].join(" ");
