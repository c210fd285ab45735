import type { Client } from "../../client/client.ts";
import type { Command } from "../command/command.ts";
import { type Completes, longName, type OptionSpec } from "../command/options.ts";
import { ownName } from "../output/container-names.ts";
import type { VerbTable } from "../verb-table.ts";
import { verbTable } from "../verbs.ts";

/** What the last of `words` may become: candidates, with a tab and a description where there is one. */
export async function complete(
  words: readonly string[],
  client: Client,
  table: VerbTable = verbTable,
): Promise<string[]> {
  const before = withoutGlobals(words.slice(0, -1));
  const current = words.at(-1) ?? "";
  const found = table.find(before);
  // "port" is a verb and begins others: both are offered.
  const verbs = before.length < 2 ? nextWords(before, table) : [];
  if (!found) return startingWith(current, verbs);
  const command = await found.verb.load();
  return startingWith(current, [...verbs, ...(await afterVerb(command, found.rest, current, client))]);
}

const startingWith = (prefix: string, candidates: readonly string[]): string[] =>
  candidates.filter((candidate) => candidate.startsWith(":") || candidate.startsWith(prefix));

/** -H and its value say nothing about what follows. */
function withoutGlobals(words: readonly string[]): readonly string[] {
  let index = 0;
  while (words[index]?.startsWith("-")) index += words[index] === "-H" || words[index] === "--host" ? 2 : 1;
  return words.slice(index);
}

function nextWords(before: readonly string[], table: VerbTable): string[] {
  const start = before.length === 0 ? "" : `${before.join(" ")} `;
  const next = table.spellings
    .filter((spelling) => spelling.startsWith(start))
    .map((spelling) => spelling.slice(start.length).split(" ")[0] ?? "");
  return [...new Set([...next, ...(before.length === 0 ? ["daemon"] : [])])].sort();
}

async function afterVerb(
  command: Command,
  rest: readonly string[],
  current: string,
  client: Client,
): Promise<string[]> {
  const options = Object.entries(command.options ?? {});
  const { pending, positionals } = scan(options, rest);
  if (pending) return await candidates(pending.completes, client);
  // Behind the image or container stands a command of the container's, of which nothing is known but its files.
  if (command.takesCommand && positionals > 0) return [":files"];
  if (current.startsWith("-")) {
    const shown = options.filter(([, spec]) => !spec.hidden);
    return [...shown.map(([key, { about }]) => `--${longName(key)}\t${about}`), "--help\tprint help"];
  }
  const specs = Object.values(command.args ?? {});
  const spec = specs[positionals] ?? (specs.at(-1)?.many ? specs.at(-1) : undefined);
  return await candidates(spec?.completes, client);
}

/** The option that still wants its value, and how many arguments came before. */
function scan(options: readonly [string, OptionSpec<unknown>][], rest: readonly string[]) {
  let pending: OptionSpec<unknown> | undefined;
  let positionals = 0;
  for (const word of rest) {
    if (pending) pending = undefined;
    else if (word.startsWith("-") && word !== "-") {
      const found = options.find(
        ([key, { short, also }]) =>
          `--${longName(key)}` === word ||
          also?.some((name) => `--${name}` === word) ||
          (short && word === `-${short}`),
      );
      pending = found?.[1].placeholder === undefined ? undefined : found[1];
    } else positionals++;
  }
  return { pending, positionals };
}

async function candidates(what: Completes | undefined, client: Client): Promise<string[]> {
  if (what === undefined) return [];
  if (what === "files") return [":files"];
  if (typeof what === "function") return [...what()];
  if (typeof what !== "string") return [...what];
  if (what === "networks") return (await client.networks.list()).map(({ Name, Driver }) => `${Name}\t${Driver}`);
  if (what === "images") return (await client.images.list()).flatMap(({ RepoTags }) => RepoTags ?? []);
  if (what === "hosts") return (await client.cluster.hosts()).map(({ name, state }) => `${name}\t${state}`);
  const containers = await client.containers.list({ all: what === "containers" });
  return containers.map(({ Names, Status }) => `${ownName(Names) ?? ""}\t${Status}`);
}
