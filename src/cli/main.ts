import { defaultHost, parseAddress } from "../client/address.ts";
import { Client } from "../client/client.ts";
import { ApiError, CutShortError, UnreachableError } from "../client/errors.ts";
import type { Command } from "./command/command.ts";
import { HelpWanted, parse } from "./command/parse.ts";
import { ExitError } from "./errors.ts";
import { parseGlobals } from "./globals.ts";
import type { Terminal } from "./output/terminal.ts";
import type { VerbTable } from "./verb-table.ts";
import { type Verb, verbTable } from "./verbs.ts";

/** Width of help where there is no terminal. */
const helpWidth = 80;

/** Runs one command line ("network", "ls", ...); resolves to the exit code. Nothing is thrown: errors are printed. */
export async function main(argv: readonly string[], out: Terminal, table: VerbTable = verbTable): Promise<number> {
  let failure = 1;
  try {
    const { host, version, help, words } = parseGlobals(argv);
    if (version) {
      const { release } = await import("./release.ts");
      out.line(`fairlead version ${release()}`);
      return 0;
    }
    if (words[0] === "__complete") return await printCandidates(words.slice(1), { host, out }, table);
    const found = table.find(words);
    if (!found) return await withoutVerb(words, help, out, table);
    const command = await found.verb.load();
    if (help) return await printHelp(found.verb, command, out);
    failure = command.failure ?? 1;
    return await runCommand(found.verb, command, found.rest, { host, out });
  } catch (error) {
    return report(error, failure, out);
  }
}

interface Place {
  readonly host: string;
  readonly out: Terminal;
}

async function runCommand(
  verb: Verb,
  command: Command,
  words: readonly string[],
  { host, out }: Place,
): Promise<number> {
  let parsed: ReturnType<typeof parse>;
  try {
    parsed = parse(command, words);
  } catch (error) {
    if (error instanceof HelpWanted) return await printHelp(verb, command, out);
    throw error;
  }
  // Parsed by the command's own declarations, which its `run` is typed by.
  await command.run({ ...parsed, client: clientOf({ host, out }), out } as never);
  return out.exitCode;
}

const clientOf = ({ host, out }: Place): Client =>
  new Client(parseAddress(host || out.env["FAIRLEAD_HOST"] || defaultHost));

/** What shells ask for; a shell cannot use an error, so a daemon that does not answer offers nothing. */
async function printCandidates(words: readonly string[], place: Place, table: VerbTable): Promise<number> {
  const { complete } = await import("./completion/complete.ts");
  const client = clientOf({ ...place, host: hostIn(words) ?? place.host });
  for (const line of await complete(words, client, table)) place.out.line(line);
  return 0;
}

function hostIn(words: readonly string[]): string | undefined {
  const at = words.findIndex((word) => word === "-H" || word === "--host");
  return at < 0 ? undefined : words[at + 1];
}

async function withoutVerb(words: readonly string[], help: boolean, out: Terminal, table: VerbTable): Promise<number> {
  const group = table.groups.find((name) => name === words[0]);
  const asked = words.slice(1).filter((word) => word !== "--help");
  if (words.length > 0 && (!group || asked.length > 0)) {
    const { unknownVerb } = await import("./unknown.ts");
    throw unknownVerb(words, group, table);
  }
  const { overview } = await import("./overview.ts");
  // Without anything at all docker shows its help too.
  out.line(await overview(group, out.columns ?? helpWidth, table));
  return help || group || words.length === 0 ? 0 : 1;
}

async function printHelp(verb: Verb, command: Command, out: Terminal): Promise<number> {
  const { helpText } = await import("./command/help.ts");
  out.line(helpText(command, out.columns ?? helpWidth, verb.also.length > 0 ? [verb.name, ...verb.also] : []));
  return 0;
}

function report(error: unknown, failure: number, out: Terminal): number {
  if (error instanceof ExitError) {
    if (error.message !== "") out.errorLine(error.message);
    return error.exitCode;
  }
  if (error instanceof ApiError) out.errorLine(`Error response from daemon: ${error.message}`);
  else if (error instanceof UnreachableError || error instanceof CutShortError) out.errorLine(error.message);
  else out.errorLine(`fairlead: ${error instanceof Error ? error.message : String(error)}`);
  return failure;
}
