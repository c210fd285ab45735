import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { areas } from "../test/conformance/areas.ts";
import { type Difference, type DifferenceId, differences } from "../test/conformance/differences.ts";
import { sections, uncovered } from "../test/conformance/moby-rows.ts";

export const differencesPage = "docs/spec/docker-differences.md";
const marker = "<!-- Printed from here on by `node scripts/print-reference.ts`: edit test/conformance, not this. -->";

/** docs/spec/docker-differences.md: what people wrote in it, then what the conformance suite knows. */
export function dockerDifferences(): string {
  const path = join(import.meta.dirname, "..", differencesPage);
  const [written = ""] = existsSync(path) ? readFileSync(path, "utf8").split(marker) : [];
  return `${written}${marker}

## Differences that the conformance suite shows

test/conformance runs ${count()} cases against Fairlead and, where it can be had, Debian's dockerd 20.10.

### On purpose

${table("chosen")}

### Because 20.10 is older than the Docker we follow

${table("older")}

## Rows of Docker's own tables that no case carries out

${missing()}
`;
}

const count = (): number => areas.reduce((sum, { cases }) => sum + cases.length, 0);

function table(kind: Difference["kind"]): string {
  const rows = (Object.entries(differences) as [DifferenceId, Difference][])
    .filter(([, difference]) => difference.kind === kind)
    .map(([id, { docker, fairlead, why }]) => `| ${docker} | ${fairlead} | ${why} | ${casesOf(id)} |`);
  return ["| Docker | Fairlead | why | cases |", "| --- | --- | --- | --- |", ...rows].join("\n");
}

const casesOf = (id: DifferenceId): number =>
  areas.flatMap(({ cases }) => cases).filter(({ differs }) => differs?.includes(id)).length;

/** The reasons with the rows they hold for, section by section. */
function missing(): string {
  const rows = Object.entries(Object.groupBy(Object.entries(uncovered), ([, why]) => why)).map(
    ([why, all = []]) => `| ${all.map(([row]) => row).join(", ")} | ${why} |`,
  );
  const named = sections.map(({ id, about }) => `${id} (${about})`).join(", ");
  return `A row is called by its document, section and place in the table of daemon/libnetwork/docs/spec at moby/moby a7fad8d3:
${named}. Rows about swarm and Windows are left out altogether.

| rows | why |
| --- | --- |
${rows.join("\n")}`;
}
