import { type Static, type TSchema, Type } from "@sinclair/typebox";
import { Value } from "@sinclair/typebox/value";
import { invalid } from "../../base/errors.ts";
import type { SeccompProfile, SeccompRule } from "./profile.ts";

/** What Go's decoder takes for the zero value: absent or null. */
const maybe = <T extends TSchema>(schema: T) => Type.Optional(Type.Union([schema, Type.Null()]));
const names = Type.Array(Type.String({ minLength: 1 }));
const count = Type.Integer({ minimum: 0 });
const comparisons = ["NE", "LT", "LE", "EQ", "GE", "GT", "MASKED_EQ"].map((op) => Type.Literal(`SCMP_CMP_${op}`));
/** Those of runc 1.1. */
const actions = ["KILL", "KILL_PROCESS", "KILL_THREAD", "TRAP", "ERRNO", "TRACE", "ALLOW", "LOG", "NOTIFY"];
const action = Type.Union(actions.map((name) => Type.Literal(`SCMP_ACT_${name}`)));

const filter = Type.Object({
  caps: maybe(names),
  arches: maybe(names),
  minKernel: maybe(Type.String({ pattern: "^\\d+\\.\\d+" })),
});
const argument = Type.Object({
  index: Type.Integer({ minimum: 0, maximum: 5 }),
  value: Type.Optional(count),
  valueTwo: Type.Optional(count),
  op: Type.Union(comparisons),
});
const rule = Type.Object({
  name: maybe(Type.String()),
  names: maybe(names),
  action,
  errnoRet: maybe(count),
  args: maybe(Type.Array(argument)),
  includes: maybe(filter),
  excludes: maybe(filter),
});
const profile = Type.Object({
  defaultAction: action,
  defaultErrnoRet: maybe(count),
  architectures: maybe(names),
  archMap: maybe(Type.Array(Type.Object({ architecture: Type.String(), subArchitectures: maybe(names) }))),
  flags: maybe(names),
  listenerPath: maybe(Type.String()),
  listenerMetadata: maybe(Type.String()),
  syscalls: maybe(Type.Array(rule)),
});

/** A profile's JSON text, as the docker CLI sends the file that it was given. */
export function parseProfile(text: string): SeccompProfile {
  const value = parseJson(text);
  const [problem] = Value.Errors(profile, value);
  if (problem) throw refused(`${problem.path || "the profile"}: ${problem.message}`);
  return profileOf(value as Static<typeof profile>);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw refused(`Decoding seccomp profile failed: ${(cause as Error).message}`);
  }
}

function profileOf(body: Static<typeof profile>): SeccompProfile {
  const { architectures, archMap, syscalls, ...rest } = body;
  if (architectures?.length && archMap?.length) throw refused("it has both 'architectures' and 'archMap': use one");
  return {
    ...withoutNulls(rest),
    ...(architectures ? { architectures } : {}),
    ...(archMap ? { archMap: archMap.map((one) => ({ ...one, subArchitectures: one.subArchitectures ?? [] })) } : {}),
    syscalls: (syscalls ?? []).map(ruleOf),
  } as SeccompProfile;
}

/** Profiles of Docker's first years have a rule for each call: `name`. */
function ruleOf({ name, names: several, ...rest }: Static<typeof rule>): SeccompRule {
  if (name && several?.length) throw refused("a rule has both 'name' and 'names': use one");
  const all = name ? [name] : (several ?? []);
  if (all.length === 0) throw refused("a rule names no system call");
  const { args, includes, excludes, ...plain } = withoutNulls(rest) as Omit<SeccompRule, "names">;
  return {
    names: all,
    ...plain,
    ...(args ? { args: args.map((one) => ({ ...one, value: one.value ?? 0 })) } : {}),
    ...(includes ? { includes: withoutNulls(includes) } : {}),
    ...(excludes ? { excludes: withoutNulls(excludes) } : {}),
  };
}

const withoutNulls = <T extends object>(fields: T): T =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null && value !== undefined)) as T;

const refused = (why: string) => invalid("seccomp profile", why);
