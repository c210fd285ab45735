import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { isDeepStrictEqual } from "node:util";
import { carryOut, clear, problemsOf, type Seen } from "./carry-out.ts";
import type { Area, Case } from "./case.ts";
import { dockerd, fairlead, lacksDockerd } from "./engines.ts";
import { Names } from "./normalise.ts";
import { type Subject, startServers } from "./subject.ts";

/** An engine under test with the names of what its cases share. */
export interface Bench {
  readonly subject: Subject;
  readonly names: Names;
}

/** Registers a test for each case of an area: against Fairlead, and against Debian's dockerd where it is. */
export function conform(area: Area): void {
  const benches: Bench[] = [];
  before(async () => {
    const flags = area.flags ?? [];
    const subjects = [fairlead(flags), ...(lacksDockerd ? [] : [dockerd(flags)])];
    for (const subject of await Promise.all(subjects)) benches.push({ subject, names: new Names() });
    await Promise.all(benches.map((bench) => prepare(bench, area)));
  });
  after(() => Promise.all(benches.map(({ subject }) => subject[Symbol.asyncDispose]())));
  test(`${area.title}: Docker's daemon is there to compare with`, { skip: lacksDockerd }, () => undefined);
  for (const one of area.cases) {
    test(`${area.title}: ${one.name}${one.newer ? " (Docker 28 by what is known of it)" : ""}`, () =>
      check(one, benches));
  }
}

export async function prepare({ subject, names }: Bench, { given = [], servers }: Area): Promise<void> {
  if (servers) await startServers(subject);
  const seen = await carryOut(subject, given, names, []);
  refuse(`what the cases share cannot be made on ${subject.name}`, problemsOf(seen));
}

async function check(one: Case, benches: readonly Bench[]): Promise<void> {
  const taking = benches.filter(({ subject }) => subject.name === "Fairlead" || (!one.newer && !one.alone));
  const [ours = [], theirs] = await Promise.all(taking.map((bench) => runCase(one, bench)));
  refuse("Fairlead", problemsOf(ours));
  if (!theirs) return;
  const differences = [...problemsOf(theirs), ...unlike(ours, theirs)];
  if (one.differs === undefined) refuse("dockerd does something else, and no difference is listed", differences);
  else assert.ok(differences.length > 0, `listed as different to dockerd (${one.differs.join(", ")}), but it is not`);
}

function refuse(what: string, problems: readonly string[]): void {
  if (problems.length > 0) assert.fail([what, ...problems].join("\n  "));
}

export async function runCase(one: Case, { subject, names }: Bench): Promise<Seen[]> {
  const made: string[] = [];
  try {
    return await carryOut(subject, one.steps, names, made);
  } finally {
    await clear(subject, made);
  }
}

/** Steps whose answers were to be alike and are not. */
export function unlike(ours: readonly Seen[], theirs: readonly Seen[]): string[] {
  return ours.flatMap(({ step, compared }, index) => {
    const other = theirs[index]?.compared;
    if (compared === undefined || isDeepStrictEqual(compared, other)) return [];
    return [`${index + 1}. ${step}: not alike: ${firstDifference(compared, other, "")}`];
  });
}

/** Where two values part. */
function firstDifference(ours: unknown, theirs: unknown, path: string): string {
  const both = [ours, theirs].every((value) => typeof value === "object" && value !== null);
  if (!both) return `${path}: Fairlead ${JSON.stringify(ours)}, dockerd ${JSON.stringify(theirs)}`;
  const [left, right] = [ours, theirs] as [Record<string, unknown>, Record<string, unknown>];
  const keys = new Set([...Object.keys(left), ...Object.keys(right)]);
  return [...keys]
    .filter((key) => !isDeepStrictEqual(left[key], right[key]))
    .map((key) => firstDifference(left[key], right[key], `${path}.${key}`))
    .join("; ");
}
