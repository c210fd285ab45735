import { Command as Commander, CommanderError } from "commander";
import { UsageError } from "./errors.ts";
import { spellings } from "./verbs.ts";

/** The error for words that name no verb, with the nearest one that exists. */
export function unknownVerb(words: readonly string[], group: string | undefined): UsageError {
  const known = spellings
    .filter((spelling) => (group === undefined ? true : spelling.startsWith(`${group} `)))
    .map((spelling) => spelling.split(" ")[group === undefined ? 0 : 1] ?? "");
  const asked = words[group === undefined ? 0 : 1] ?? "";
  const suggestion = nearest(asked, [...new Set([...known, ...(group === undefined ? ["daemon"] : [])])]);
  const name = group === undefined ? asked : `${group} ${asked}`;
  const see = `Run 'fairlead ${group === undefined ? "" : `${group} `}--help' for more information`;
  return new UsageError(1, `unknown command: fairlead ${name}${suggestion}\n\n${see}`);
}

/** Commander's "(Did you mean ...?)", or nothing. */
function nearest(asked: string, known: readonly string[]): string {
  const program = new Commander("fairlead").exitOverride().configureOutput({ writeErr: () => undefined });
  for (const name of known) program.command(name);
  try {
    program.parse([asked], { from: "user" });
  } catch (error) {
    if (error instanceof CommanderError) return /\n\(Did you mean .*\)/s.exec(error.message)?.[0] ?? "";
    throw error;
  }
  return "";
}
