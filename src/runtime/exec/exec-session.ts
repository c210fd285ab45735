import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, watch, writeFileSync } from "node:fs";
import { join } from "node:path";
import { PassThrough, type Readable, type Writable } from "node:stream";
import { EngineError, invalid } from "../../base/errors.ts";
import { shortId } from "../../base/ids.ts";
import type { ExecSession, ExecSpec, TerminalSize } from "../../contracts/runtime.ts";
import type { RuntimeParts } from "../parts.ts";
import { programEnvironment } from "../run-program.ts";
import { execFailureCode, runcWords } from "../runc-error.ts";
import { readUserFiles } from "../spec/process-user.ts";
import { execProcess, readInitProcess } from "./exec-process.ts";
import { terminalStreams } from "./terminal-streams.ts";

/** Exit code of `runc exec` when it, and not the program, has failed. */
const RUNC_FAILED = 255;

/**
 * Runtime.exec: a `runc exec` that is our child, with pipes or with a terminal between. Throws EXEC_FAILED, with runc's
 * words, when the program could not be started.
 */
export async function startExec(parts: RuntimeParts, id: string, spec: ExecSpec): Promise<ExecSession> {
  const files = parts.layout.of(id);
  const init = parts.processes.started(id);
  if (!init) throw new EngineError("CONTAINER_NOT_RUNNING", { container: shortId(id) });
  if (spec.args.length === 0) throw invalid("Cmd", "no exec command specified");
  // The container's own files, which it may have made anything of: read only when a user is to be looked up.
  const userFiles = () => readUserFiles(`/proc/${init.pid}/root`);
  const description = execProcess(spec, readInitProcess(files.bundle), userFiles);
  mkdirSync(files.execs, { recursive: true });
  const directory = mkdtempSync(join(files.execs, "exec-"));
  writeFileSync(join(directory, "process.json"), JSON.stringify(description));
  const args = [
    ...parts.runc.globalOptions(join(directory, "log")),
    ...["exec", "--process", join(directory, "process.json"), "--pid-file", join(directory, "pid"), id],
  ];
  const { child, streams, resize } = spec.tty
    ? runOnTerminal(parts, args, spec.size)
    : { ...runOnPipes(parts, args), resize: () => {} };
  if (!spec.attachStdin) streams.stdin.end();
  const end = endOf(child, join(directory, "log"));
  const pid = await pidOf(directory, end);
  const exited = end
    .then(({ exitCode }) => exitCode)
    .finally(() => rmSync(directory, { recursive: true, force: true }));
  if (pid === 0) await mustHaveRun(end, streams);
  return { pid, ...streams, exited, resize, kill: (signal) => signalProcess(child, pid, signal) };
}

/** As long as runc waits for the process, its pid is nobody else's. */
function signalProcess(child: ChildProcess, pid: number, signal: NodeJS.Signals): void {
  if (child.exitCode !== null || child.signalCode !== null) return;
  try {
    if (pid === 0) child.kill(signal);
    else process.kill(pid, signal);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== "ESRCH") throw cause;
  }
}

interface Streams {
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly stderr: Readable;
}

function runOnPipes({ runc }: RuntimeParts, args: readonly string[]): { child: ChildProcess; streams: Streams } {
  const child = spawn(runc.path, args, { stdio: "pipe", env: programEnvironment(), detached: true });
  // The program may end without reading what it is sent; that is its right and no failure of ours.
  child.stdin.on("error", () => {});
  // Node throws away what nobody reads when the child ends, and our caller has not begun to read.
  const [stdout, stderr] = [child.stdout.pipe(new PassThrough()), child.stderr.pipe(new PassThrough())];
  return { child, streams: { stdin: child.stdin, stdout, stderr } };
}

/**
 * `runc exec` makes the container's terminal itself and copies between it and the terminal it is started on, which is
 * therefore raw. It asks for the new size when it is told that the size has changed.
 */
function runOnTerminal(
  { runc, terminals, streams }: RuntimeParts,
  args: readonly string[],
  size: TerminalSize | undefined,
) {
  const { controller, line, resize } = terminals.open();
  try {
    if (size) resize(size.rows, size.columns);
    const child = spawn(runc.path, args, { stdio: [line, line, line], env: programEnvironment(), detached: true });
    const { input, output } = terminalStreams(streams.duplex(controller));
    const stderr = new PassThrough();
    stderr.end();
    return {
      child,
      streams: { stdin: input, stdout: output, stderr },
      resize: (rows: number, columns: number) => {
        if (child.exitCode !== null || child.signalCode !== null) return;
        resize(rows, columns);
        child.kill("SIGWINCH");
      },
    };
  } finally {
    closeSync(line);
  }
}

interface End {
  /** The program's; 126 or 127 as Docker has it when it could not be started. */
  readonly exitCode: number;
  /** What runc says of a program that could not be started. */
  readonly why?: string;
}

function endOf(child: ChildProcess, logFile: string): Promise<End> {
  const { promise, resolve, reject } = Promise.withResolvers<End>();
  child.once("error", reject);
  child.once("exit", (code) => {
    const why = code === RUNC_FAILED ? runcWords(logFile) : undefined;
    resolve(why === undefined ? { exitCode: code ?? 128 + 9 } : { exitCode: execFailureCode(why), why });
  });
  return promise;
}

/** Throws EXEC_FAILED when runc has failed; what it wrote on the program's outputs says the same, and is dropped. */
async function mustHaveRun(end: Promise<End>, { stdin, stdout, stderr }: Streams): Promise<void> {
  const { exitCode, why } = await end;
  if (why === undefined) return;
  stdin.end();
  stdout.resume();
  stderr.resume();
  throw new EngineError("EXEC_FAILED", { why, exitCode });
}

/** The pid that runc writes once the program runs; 0 when it never did. */
async function pidOf(directory: string, ended: Promise<End>): Promise<number> {
  const file = join(directory, "pid");
  const written = Promise.withResolvers<void>();
  const look = (): void => void (existsSync(file) && written.resolve());
  const watcher = watch(directory, look);
  try {
    look();
    await Promise.race([written.promise, ended]);
  } finally {
    watcher.close();
  }
  return existsSync(file) ? Number(readFileSync(file, "utf8")) : 0;
}
