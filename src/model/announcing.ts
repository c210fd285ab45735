import { EngineError } from "../base/errors.ts";
import type { Network } from "./network.ts";

const countOption = "com.docker.network.advertise_addr_nmsgs";
const intervalOption = "com.docker.network.advertise_addr_ms";

/** Docker's limits and defaults, and its words for what is no number. */
const limits = [
  { option: countOption, least: 0, most: 3, usual: 3, kind: "an integer" },
  { option: intervalOption, least: 100, most: 2000, usual: 1000, kind: "integer milliseconds" },
] as const;

/** Refuses numbers of announcements and intervals that Docker refuses, in its words. */
export function refuseAnnouncing({ options }: Pick<Network, "options">): void {
  for (const { option, least, most, kind } of limits) {
    const text = options[option];
    if (text === undefined) continue;
    if (!/^[+-]?\d+$/.test(text))
      throw new EngineError("REFUSED", { why: `value for option ${option} "${text}" must be ${kind}` });
    if (Number(text) < least || Number(text) > most)
      throw new EngineError("REFUSED", { why: `${option} must be in the range ${least} to ${most}` });
  }
}

/** How often neighbours are told where a new endpoint's addresses are, and how many milliseconds apart. */
export function announcing({ options }: Pick<Network, "options">): { count: number; intervalMs: number } {
  const [count, intervalMs] = limits.map(({ option, least, most, usual }) => {
    const number = Number(options[option] ?? usual);
    return Number.isNaN(number) ? usual : Math.min(Math.max(number, least), most); // stored before it was looked at
  });
  return { count: count ?? 0, intervalMs: intervalMs ?? 0 };
}
