import { columns } from "./command/help.ts";
import { verbs } from "./verbs.ts";

const globals = [
  ["  -H, --host string", "where the daemon listens: unix://PATH or tcp://HOST:PORT (also FAIRLEAD_HOST)"],
  ["  -v, --version", "print the version"],
  ["      --help", "print this"],
] as const;

/** Help without a verb, or of a group of verbs such as "network". */
export async function overview(group: string | undefined, width: number): Promise<string> {
  const shown = verbs.filter((verb) => group === undefined || spellingIn(verb, group) !== undefined);
  const rows = await Promise.all(
    shown.map(async (verb): Promise<[string, string]> => {
      const name = group === undefined ? verb.name : (spellingIn(verb, group) ?? verb.name);
      return [`  ${name}`, (await verb.load()).summary];
    }),
  );
  if (group === undefined) rows.push(["  daemon", "Run the daemon"]);
  rows.sort(([left], [right]) => Number(left > right) - Number(left < right));
  return [
    `Usage:  fairlead ${group === undefined ? "[OPTIONS] COMMAND" : `${group} COMMAND`}`,
    group === undefined ? "Networks for containers" : `What can be done with: ${group}`,
    `Commands:\n${columns(rows, width)}`,
    ...(group === undefined ? [`Global options:\n${columns(globals, width)}`] : []),
    `Run 'fairlead ${group === undefined ? "" : `${group} `}COMMAND --help' for more information on a command.`,
  ].join("\n\n");
}

function spellingIn({ name, also }: { name: string; also: readonly string[] }, group: string): string | undefined {
  return [name, ...also].find((spelling) => spelling.startsWith(`${group} `) || spelling === group);
}
