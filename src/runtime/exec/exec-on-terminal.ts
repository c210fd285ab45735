import { PassThrough, type Readable, Writable } from "node:stream";
import { EngineError } from "../../base/errors.ts";
import type { ExecSession, ExecSpec } from "../../contracts/runtime.ts";
import { ifThere } from "../if-there.ts";
import { packetLength } from "../input/container-input.ts";
import { sendSize } from "../input/control.ts";
import type { RuntimeParts } from "../parts.ts";
import { identify, isAlive, type ProcessIdentity, send } from "../process-identity.ts";
import { execFailureCode, runcWords, withoutStacks } from "../runc-error.ts";
import type { ExecFiles } from "./exec-files.ts";
import { type ExecMonitor, startExecMonitor } from "./exec-monitor.ts";
import { terminalOutput } from "./terminal-output.ts";

/** Exit code of a program whose end nobody saw: its conmon was killed. */
const LOST = 255;

/**
 * Runs a program at a terminal of the container, whose other end a conmon has: what it writes comes to the client as the
 * container's terminal makes it. `runc exec` in the foreground would put a second terminal before it, which adds to that.
 */
export async function execOnTerminal(parts: RuntimeParts, exec: TerminalExec): Promise<ExecSession> {
  const monitor = await startExecMonitor(parts, exec);
  let isOver = () => false;
  const stdout = terminalOutput(attach(parts, exec.files, monitor), () => isOver());
  try {
    monitor.begin();
    const pid = await pidOf(monitor, exec.files);
    const program = identify(pid); // undefined: it has ended already
    isOver = () => !program || !isAlive(program);
    return { pid, stdout, ...sessionOf(parts, exec, { monitor, program }) };
  } catch (cause) {
    stdout.destroy(); // nobody will read it
    throw cause;
  }
}

interface TerminalExec {
  readonly id: string;
  readonly files: ExecFiles;
  readonly spec: ExecSpec;
}

function sessionOf(
  parts: RuntimeParts,
  { files, spec }: TerminalExec,
  { monitor, program }: { monitor: ExecMonitor; program: ProcessIdentity | undefined },
): Omit<ExecSession, "pid" | "stdout"> {
  const stdin = (spec.attachStdin ? inputOf(parts, files) : undefined) ?? nowhere();
  return {
    stdin,
    stderr: nothing(),
    exited: exitCodeOf(monitor).finally(() => stdin.destroy()), // it is only written to, and hears of no end
    resize: (rows, columns) => void sendSize(files, rows, columns),
    kill: (signal) => signalProgram(program, signal),
  };
}

/** Before the program runs, so that nothing of its output is missed. */
function attach({ streams }: RuntimeParts, files: ExecFiles, monitor: ExecMonitor): Readable {
  try {
    return streams.packetReader(files.attachSocket);
  } catch (cause) {
    monitor.end();
    throw cause;
  }
}

/** Throws EXEC_FAILED, with runc's words, when the program could not be started. */
async function pidOf(monitor: ExecMonitor, files: ExecFiles): Promise<number> {
  const report = await monitor.report();
  if (report !== undefined && report.data > 0) return report.data;
  await monitor.ended;
  const words = runcWords(files.runcLog) ?? (report?.message || (await monitor.words));
  const why = withoutStacks(words) || "conmon ended without a word";
  throw new EngineError("EXEC_FAILED", { why, exitCode: execFailureCode(why) });
}

async function exitCodeOf(monitor: ExecMonitor): Promise<number> {
  const report = await monitor.report();
  await monitor.ended;
  return report?.data ?? LOST;
}

/**
 * A connection of its own, made when conmon has the terminal: it is with each connection that conmon sets the terminal not
 * to block (src/conn_sock.c), and one that blocked could wait for a program that waits for its output to be read.
 */
const inputOf = ({ streams }: RuntimeParts, files: ExecFiles): Writable | undefined =>
  // What is typed to a program that has ended goes nowhere.
  ifThere(() => streams.packetWriter(files.attachSocket, packetLength).on("error", () => undefined));

const nowhere = (): Writable => new Writable({ write: (_bytes, _encoding, done) => done() });

const nothing = (): Readable => new PassThrough().end();

function signalProgram(program: ProcessIdentity | undefined, signal: NodeJS.Signals): void {
  if (program && isAlive(program)) send(program, signal);
}
