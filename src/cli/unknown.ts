import { Command as Commander, CommanderError } from "commander";
import { defaultHost } from "../client/address.ts";
import { UsageError } from "./errors.ts";
import type { VerbTable } from "./verb-table.ts";

const noSwarm = "hosts share networks through a store, not a swarm: fairlead host ls, fairlead cluster status";
const noBuild = "images are built elsewhere (docker build, podman build), then: docker save NAME | docker -H THIS load";
const ofDocker = [
  "attach",
  "commit",
  "cp",
  "diff",
  "export",
  "history",
  "load",
  "login",
  "logout",
  "plugin",
  "pull",
  "push",
];
const ofDockerToo = ["save", "stats", "tag", "top", "update", "volume"];

/** Verbs that docker's users try, and what to do instead: a verb spelt alike would mislead them. */
const dockerVerbs: Readonly<Record<string, string>> = {
  ...Object.fromEntries([...ofDocker, ...ofDockerToo].map((verb) => [verb, withDocker(verb)])),
  build: noBuild,
  compose: `use Docker's own program, with DOCKER_HOST=${defaultHost}`,
  node: noSwarm,
  service: noSwarm,
  stack: noSwarm,
  swarm: noSwarm,
};

/** The daemon serves what this program has no verb for. */
function withDocker(verb: string): string {
  return `use Docker's own program: docker -H ${defaultHost} ${verb}`;
}

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
