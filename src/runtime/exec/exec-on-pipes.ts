import { existsSync, readFileSync, watch } from "node:fs";
import type { Readable, Writable } from "node:stream";
import { EngineError } from "../../base/errors.ts";
import type { Program, ProgramEnd } from "../../contracts/launcher.ts";
import type { ExecSession } from "../../contracts/runtime.ts";
import type { RuntimeParts } from "../parts.ts";
import { send } from "../process-identity.ts";
import { programEnvironment } from "../run-program.ts";
import { execFailureCode, runcWords } from "../runc-error.ts";
import type { ExecFiles } from "./exec-files.ts";

/** Exit code of `runc exec` when it, and not the program, has failed. */
const RUNC_FAILED = 255;

/** Runs a program on pipes to a `runc exec` that is our child. */
export async function execOnPipes(
  { runc, launcher }: RuntimeParts,
  { id, files }: { id: string; files: ExecFiles },
): Promise<ExecSession> {
  const program = launcher.launch(
    runc.path,
    [...runc.globalOptions(files.runcLog), ...["exec", "--process", files.process, "--pid-file", files.pidFile, id]],
    { environment: programEnvironment(), descriptors: ["from us", "to us", "to us"] },
  );
  const [stdin, stdout, stderr] = program.pipes;
  // The program may end without reading what it is sent; that is its right and no failure of ours.
  stdin.on("error", () => {});
  const streams = { stdin, stdout, stderr };
  const end = program.ended.then((ended) => judge(ended, files));
  const pid = await pidOf(files, end);
  if (pid === 0) await mustHaveRun(end, streams);
  const exited = end.then(({ exitCode }) => exitCode);
  return { pid, ...streams, exited, resize: () => {}, kill: signalling(program, pid) };
}

/** As long as runc waits for the process, its pid is nobody else's. */
function signalling(runc: Pick<Program, "ended" | "kill">, pid: number): ExecSession["kill"] {
  let isOver = false;
  void runc.ended.then(() => (isOver = true));
  return (signal) => {
    if (isOver) return;
    if (pid === 0) runc.kill(signal);
    else send({ pid }, signal);
  };
}

interface Streams {
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly stderr: Readable;
}

interface End {
  /** The program's; 126 or 127 as Docker has it when it could not be started. */
  readonly exitCode: number;
  /** What runc says of a program that could not be started. */
  readonly why?: string;
}

function judge({ exitCode }: ProgramEnd, { runcLog }: ExecFiles): End {
  const why = exitCode === RUNC_FAILED ? runcWords(runcLog) : undefined;
  return why === undefined ? { exitCode: exitCode ?? 128 + 9 } : { exitCode: execFailureCode(why), why };
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
async function pidOf({ directory, pidFile }: ExecFiles, ended: Promise<End>): Promise<number> {
  const written = Promise.withResolvers<void>();
  const look = (): void => void (existsSync(pidFile) && written.resolve());
  const watcher = watch(directory, look);
  try {
    look();
    await Promise.race([written.promise, ended]);
  } finally {
    watcher.close();
  }
  return existsSync(pidFile) ? Number(readFileSync(pidFile, "utf8")) : 0;
}
