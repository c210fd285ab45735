import { execFileSync } from "node:child_process";

/** What to do at a verb instead of the work: answers are given as they are, "hang" never answers, "die" ends the process. */
export interface Orders {
  readonly [verb: string]: Order;
}
export interface Order {
  /** "fail": its own words; "raw": this text with this status; "after": do the work first, then die or hang. */
  readonly fail?: string;
  readonly raw?: { readonly status: number; readonly text: string };
  readonly hang?: boolean;
  readonly die?: boolean;
  readonly after?: boolean;
  /** Fields that the answer has instead. */
  readonly answer?: Readonly<Record<string, unknown>>;
}

export type Body = Readonly<Record<string, unknown>>;
export type Verbs = Readonly<Record<string, (body: Body, state: PluginState) => Body>>;

/** Kept in a file between lives. */
export interface PluginState {
  networks: Record<string, { bridge: string; gateway: string }>;
  endpoints: Record<string, { network: string; joined: boolean; ports: unknown }>;
  pools: Record<string, { subnet: string; taken: string[] }>;
}

export const ip = (...args: string[]): string => execFileSync("ip", args, { encoding: "utf8" });
