import { statSync } from "node:fs";
import type { Log } from "../base/log.ts";
import type { ProgramVersion } from "../contracts/runtime.ts";
import { runProgram } from "./run-program.ts";
import { findInit } from "./spec/init-process.ts";

/** By path and the time of its change: a program that is upgraded below the daemon is asked again. */
const known = new Map<string, Promise<string>>();

/** What the programs that containers are run with say of themselves. */
export async function programVersions(paths: { runc: string; conmon: string }, log: Log): Promise<ProgramVersion[]> {
  const init = findInit();
  const programs = { ...paths, ...(init ? { init } : {}) };
  const asked = Object.entries(programs).map(async ([name, path]) => parse(name, await saidBy(path, log)));
  return await Promise.all(asked);
}

/** One that is gone or fails says nothing: that is shown, and it is no reason to refuse the question. The next may succeed. */
async function saidBy(path: string, log: Log): Promise<string> {
  const key = `${path} ${statSync(path, { throwIfNoEntry: false })?.mtimeMs}`;
  const said = known.get(key) ?? ask(path);
  known.set(key, said);
  try {
    return await said;
  } catch (cause) {
    known.delete(key);
    log.debug({ err: cause, program: path }, "a program does not tell its version");
    return "";
  }
}

async function ask(path: string): Promise<string> {
  const { exitCode, stdout, stderr } = await runProgram(path, ["--version"]);
  if (exitCode === 0) return stdout;
  throw new Error(`${path} --version: exit code ${exitCode}: ${stderr.trim()}`);
}

/** "runc version 1.1.5", "commit: v1.1.5-0-gf19387a"; "tini version 0.19.0 - git.de40ad0". Docker says N/A for what is not known. */
function parse(name: string, said: string): ProgramVersion {
  const [, version = "N/A"] = /\bversion v?(\S+)/.exec(said) ?? [];
  const [, commit = version] = /^commit: (?!unknown)(\S+)$|\bgit\.([0-9a-f]+)/m.exec(said)?.filter(Boolean) ?? [];
  return { name, version, commit };
}
