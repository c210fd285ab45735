import { columns } from "./command/help.ts";
import type { VerbTable } from "./verb-table.ts";
import type { Verb } from "./verbs.ts";

const globals = [
  ["  -H, --host string", "where the daemon listens: unix://PATH or tcp://HOST:PORT (also FAIRLEAD_HOST)"],
  ["  -v, --version", "print the version"],
  ["      --help", "print this"],
] as const;

/** Help without a verb, or of a group of verbs such as "network". */
export async function overview(group: string | undefined, width: number, table: VerbTable): Promise<string> {
  const isShown = (verb: Verb) =>
    group === undefined ? !isFolded(verb, table) : spellingIn(verb, group) !== undefined;
  const shown = table.verbs.filter(isShown);
  const rows = await Promise.all(
    shown.map(async (verb): Promise<[string, string]> => {
      const name = group === undefined ? verb.name : (spellingIn(verb, group) ?? verb.name);
      return [`  ${name}`, (await verb.load()).summary];
    }),
  );
  if (group === undefined) {
    rows.push(["  daemon", "Run the daemon"]);
    for (const [name, about] of Object.entries(table.folded)) rows.push([`  ${name}`, about]);
  }
  rows.sort(([left], [right]) => Number(left > right) - Number(left < right));
  return [
    `Usage:  fairlead ${group === undefined ? "[OPTIONS] COMMAND" : `${group} COMMAND`}`,
    group === undefined ? "Networks for containers" : `What can be done with: ${group}`,
    `Commands:\n${columns(rows, width)}`,
    ...(group === undefined ? [`Global options:\n${columns(globals, width)}`] : []),
    `Run 'fairlead ${group === undefined ? "" : `${group} `}COMMAND --help' for more information on a command.`,
  ].join("\n\n");
}

const isFolded = ({ name }: Verb, { folded }: VerbTable): boolean => Object.hasOwn(folded, name.split(" ")[0] ?? "");

function spellingIn({ name, also }: { name: string; also: readonly string[] }, group: string): string | undefined {
  return [name, ...also].find((spelling) => spelling.startsWith(`${group} `) || spelling === group);
}
