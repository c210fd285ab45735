import { spawn } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { join } from "node:path";
import type { Launcher } from "../contracts/launcher.ts";

export interface ProgramResult {
  /** 128 + signal number when a signal ended it is not made up: such an end is an error. */
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program to its end. Its exit code is the caller's to judge; not being able to run it is an error. */
export async function runProgram(path: string, args: readonly string[]): Promise<ProgramResult> {
  const child = spawn(path, args, { stdio: ["ignore", "pipe", "pipe"], env: programEnvironment() });
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  child.once("error", (cause) => reject(new Error(`Cannot run ${path}`, { cause })));
  child.once("close", (code, signal) => (code === null ? reject(endedBy(path, signal)) : resolve(code)));
  const [exitCode, stdout, stderr] = await Promise.all([promise, textOf(child.stdout), textOf(child.stderr)]);
  return { exitCode, stdout, stderr };
}

const endedBy = (path: string, signal: string | null): Error => new Error(`Cannot finish ${path}: ended by ${signal}`);

/** As runProgram(), for what containers and their clients wait for: its start costs nothing that grows with our memory. */
export async function runLaunched(launcher: Launcher, path: string, args: readonly string[]): Promise<ProgramResult> {
  const program = launcher.launch(path, args, {
    environment: programEnvironment(),
    descriptors: ["none", "to us", "to us"],
  });
  const [, out, err] = program.pipes;
  const [end, stdout, stderr] = await Promise.all([program.ended, textOf(out), textOf(err)]);
  if (end.exitCode === undefined) throw endedBy(path, `signal ${end.signal}`);
  return { exitCode: end.exitCode, stdout, stderr };
}

/** Programs speak English and log in UTC; of the daemon's own environment they need the search path only. */
export const programEnvironment = (): Record<string, string> => ({
  PATH: process.env["PATH"] ?? "/usr/sbin:/usr/bin:/sbin:/bin",
  LC_ALL: "C",
  TZ: "UTC0",
});

/** No program we read answers with more than a few lines; what goes on and on is cut. */
const mostText = 64 * 1024;

export async function textOf(stream: NodeJS.ReadableStream): Promise<string> {
  let text = "";
  for await (const chunk of stream) if (text.length < mostText) text += String(chunk);
  return text;
}

/** Full path of a program; says which Debian package has it when it is missing. */
export function findProgram(name: string, debianPackage: string): string {
  const directories = (process.env["PATH"] ?? "").split(":").concat("/usr/sbin", "/usr/bin", "/sbin", "/bin");
  const found = directories.map((directory) => join(directory, name)).find(isExecutable);
  if (found) return found;
  throw new Error(`Cannot find the program ${name}: install it with "apt-get install ${debianPackage}"`);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false; // absent or not executable: the next directory may have it
  }
}
