import { Chance } from "./chance.ts";

/** One thing that happens, so many milliseconds after the step before. */
export type Step = { readonly after: number; readonly host: number } & (
  | { readonly do: "create"; readonly network: string; readonly plan: number }
  | { readonly do: "remove"; readonly network: string }
  | { readonly do: "attach"; readonly network: string; readonly address?: number }
  | { readonly do: "detach"; readonly nth: number }
  | { readonly do: "kill" | "pause" | "cut" | "wipe"; readonly ms: number }
  | { readonly do: "weather"; readonly ms: number; readonly kind: number }
  | { readonly do: "relist" | "revoke" }
  | { readonly do: "drain"; readonly of: number; readonly on: boolean }
  | { readonly do: "host rm"; readonly of: number }
);

export interface Schedule {
  readonly seed: number;
  readonly hosts: number;
  readonly steps: readonly Step[];
}

const networks = ["red", "blue", "green"] as const;

/** Pools of networks: small ones, so that they are used up; of one start, so that they overlap. */
export const plans = [
  ["10.0.9.0/28"],
  ["10.0.9.0/27"],
  ["10.0.9.0/24"],
  ["10.0.9.16/29"],
  ["10.0.10.0/24", "fd00:9::/64"],
  ["10.0.10.128/26"],
  ["10.0.11.0/27", "fd00:9::/124"],
] as const;

/** How bad it gets; see Weather. */
export const weathers = [
  { lostCalls: 0.2, lostAnswers: 0, slow: 0, slowMs: 0, lagMs: 50 },
  { lostCalls: 0, lostAnswers: 0.3, slow: 0, slowMs: 0, lagMs: 50 },
  { lostCalls: 0, lostAnswers: 0, slow: 0.4, slowMs: 4_000, lagMs: 3_000 },
  { lostCalls: 0.05, lostAnswers: 0.1, slow: 0.2, slowMs: 15_000, lagMs: 1_000 },
] as const;

const weights = {
  ...{ create: 8, remove: 5, attach: 45, detach: 22, kill: 7, pause: 4, cut: 6, wipe: 1.5 },
  ...{ weather: 7, relist: 3, revoke: 2, drain: 1.5, "host rm": 3 },
} as const;

/** Short, about the lease, beyond the grace. */
const lengths = [20, 300, 2_000, 8_000, 20_000, 45_000, 100_000];

/** The same for the same seed. */
export function scheduleOf(seed: number): Schedule {
  const chance = new Chance(seed);
  const hosts = chance.int(2, 4);
  // A schedule has a character: some have few faults, some are busy.
  const faulty = chance.pick([0.3, 1, 2]);
  const gaps = chance.pick([5, 300, 1_500, 4_000]);
  const steps = Array.from({ length: chance.int(40, 120) }, () => stepOf(chance, hosts, { faulty, gaps }));
  const first = networks.map((network): Step => {
    const plan = chance.int(0, plans.length - 1);
    return { after: chance.int(0, 300), host: chance.int(1, hosts), do: "create", network, plan };
  });
  return { seed, hosts, steps: [...first, ...steps] };
}

const calmOnes = ["create", "remove", "attach", "detach"];

function stepOf(chance: Chance, hosts: number, { faulty, gaps }: { faulty: number; gaps: number }): Step {
  const scaled = Object.entries(weights).map(([name, weight]) => [
    name,
    calmOnes.includes(name) ? weight : weight * faulty,
  ]);
  const what = chance.weighted(Object.fromEntries(scaled) as typeof weights);
  const after = chance.is(0.3) ? 0 : Math.round(chance.next() * gaps * (chance.is(0.1) ? 10 : 1));
  const base = { after, host: chance.int(1, hosts) };
  const ms = Math.round(chance.pick(lengths) * (0.5 + chance.next()));
  const network = chance.pick(networks);
  switch (what) {
    case "create":
      return { ...base, do: what, network, plan: chance.int(0, plans.length - 1) };
    case "remove":
      return { ...base, do: what, network };
    case "attach":
      return { ...base, do: what, network, ...(chance.is(0.3) ? { address: chance.int(2, 30) } : {}) };
    case "detach":
      return { ...base, do: what, nth: chance.int(0, 30) };
    case "weather":
      return { ...base, do: what, ms, kind: chance.int(0, weathers.length - 1) };
    case "relist":
    case "revoke":
      return { ...base, do: what };
    case "drain":
      return { ...base, do: what, of: chance.int(1, hosts), on: chance.is(0.5) };
    case "host rm":
      return { ...base, do: what, of: chance.int(1, hosts) };
    case "kill":
    case "pause":
    case "cut":
    case "wipe":
      return { ...base, do: what, ms };
  }
}

/** A schedule to read, one step a line. */
export function describe({ seed, hosts, steps }: Schedule): string {
  let at = 0;
  const lines = steps.map(({ after, host, ...rest }) => {
    at += after;
    const { do: what, ...more } = rest;
    const facts = Object.entries(more).map(([name, value]) => `${name}=${value}`);
    return `  ${(at / 1000).toFixed(3)} host${host} ${[what, ...facts].join(" ")}`;
  });
  return [`FAIRLEAD_SEED=${seed}, ${hosts} hosts`, ...lines].join("\n");
}
