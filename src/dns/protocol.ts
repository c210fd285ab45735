import type { NameRecord, ResolverConfig } from "../contracts/names.ts";
import type { ResolverFds } from "./service.ts";

/** What the main thread asks of the DNS thread: a method of DnsService and its arguments. Each is safe to repeat. */
export type Call =
  | { readonly method: "publish"; readonly records: readonly NameRecord[] }
  | { readonly method: "withdraw"; readonly endpointIds: readonly string[] }
  | { readonly method: "open"; readonly config: ResolverConfig; readonly fds: ResolverFds }
  | { readonly method: "update"; readonly config: ResolverConfig }
  | { readonly method: "close"; readonly sandboxId: string }
  | { readonly method: "statistics" };

export interface Request {
  readonly id: number;
  readonly call: Call;
}

/** What the DNS thread says: the result of a call, its failure, or a line for the log. */
export type Report =
  | { readonly kind: "done"; readonly id: number; readonly result: unknown }
  | { readonly kind: "failed"; readonly id: number; readonly error: Error }
  | {
      readonly kind: "log";
      readonly level: "debug" | "info" | "warn" | "error";
      readonly fields: object;
      readonly text: string;
    };
