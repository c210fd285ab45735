import type { Client } from "../../client/client.ts";
import type { Terminal } from "../output/terminal.ts";
import type { ArgumentSpec, ArgumentValues } from "./arguments.ts";
import type { OptionSpec, OptionValues } from "./options.ts";

type Arguments = Readonly<Record<string, ArgumentSpec<unknown>>>;
type Options = Readonly<Record<string, OptionSpec<unknown>>>;

export interface Call<A, O> {
  readonly args: ArgumentValues<A>;
  readonly options: OptionValues<O>;
  readonly client: Client;
  readonly out: Terminal;
}

/** A verb: data and one function. Whatever `run` throws is printed, and decides the exit code. */
export interface CommandSpec<A extends Arguments, O extends Options> {
  readonly name: string;
  readonly summary: string;
  readonly args?: A;
  readonly options?: O;
  /** Of the arguments, where their names do not say enough: "IMAGE [COMMAND] [ARG...]". */
  readonly usage?: string;
  /** Command lines without "fairlead"; help prints them, a test parses them. */
  readonly examples: readonly string[];
  /** More to say in help, below the options. */
  readonly notes?: string;
  /** Options end at the first argument, for commands that take another command (docker run, exec). */
  readonly takesCommand?: boolean;
  /** Exit code when the daemon refuses or does not answer; 125 for run, create and exec. */
  readonly failure?: number;
  run(call: Call<A, O>): Promise<void>;
}

/** A command with its types forgotten, as lists hold it. */
export type Command = Omit<CommandSpec<Arguments, Options>, "run"> & { run(call: never): Promise<void> };

/** Ties the types of `args` and `options` to their declarations. */
export const command = <A extends Arguments = Record<never, never>, O extends Options = Record<never, never>>(
  spec: CommandSpec<A, O>,
): Command => spec as Command;
