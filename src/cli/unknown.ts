import { Command as Commander, CommanderError } from "commander";
import { UsageError } from "./errors.ts";
import type { VerbTable } from "./verb-table.ts";

const imports = "images are not pulled or built: fairlead image import FILE NAME, or run --rootfs host";
const noSwarm = "hosts share networks through a store, not a swarm: fairlead host ls, fairlead cluster status";
const noPause = "use fairlead kill -s SIGSTOP CONTAINER, and SIGCONT";

/** Verbs that docker's users try, and what to do instead: a verb spelt alike would mislead them. */
const dockerVerbs: Readonly<Record<string, string>> = {
  attach: "use fairlead logs -f CONTAINER, or fairlead exec -it CONTAINER sh",
  build: imports,
  commit: imports,
  compose: "start containers with fairlead run; the network verbs work with docker's API too",
  cp: "use fairlead exec with tar, or run -v HOST-PATH:PATH",
  load: imports,
  login: imports,
  node: noSwarm,
  pause: noPause,
  pull: imports,
  push: imports,
  service: noSwarm,
  stack: noSwarm,
  stats: "network counters are at /metrics of the daemon's socket",
  swarm: noSwarm,
  top: "use fairlead exec CONTAINER ps",
  unpause: noPause,
  update: "resource limits and restart policies are not applied",
  volume: "bind-mount directories of the host: fairlead run -v HOST-PATH:PATH",
};

/** The error for words that name no verb, with the nearest one that exists. */
export function unknownVerb(words: readonly string[], group: string | undefined, table: VerbTable): UsageError {
  const known = table.spellings
    .filter((spelling) => (group === undefined ? true : spelling.startsWith(`${group} `)))
    .map((spelling) => spelling.split(" ")[group === undefined ? 0 : 1] ?? "");
  const asked = words[group === undefined ? 0 : 1] ?? "";
  const instead = group === undefined && Object.hasOwn(dockerVerbs, asked) ? dockerVerbs[asked] : undefined;
  const suggestion = instead
    ? `\n(${instead})`
    : nearest(asked, [...new Set([...known, ...(group === undefined ? ["daemon"] : [])])]);
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
