import { EngineError } from "../../base/errors.ts";
import type { ProgramEnd } from "../../contracts/launcher.ts";
import type { ExecSession } from "../../contracts/runtime.ts";
import type { RuntimeParts } from "../parts.ts";
import { programEnvironment } from "../run-program.ts";
import { execFailureCode, runcWords } from "../runc-error.ts";
import type { ExecFiles } from "./exec-files.ts";

/** Runs a program on pipes of its own. `runc exec` only starts it: it becomes our child. */
export async function execOnPipes(
  { runc, launcher }: RuntimeParts,
  { id, files: { process, pidFile, runcLog } }: { id: string; files: ExecFiles },
): Promise<ExecSession> {
  const verb = ["exec", "--detach", "--process", process, "--pid-file", pidFile, id];
  const { pipes, started } = launcher.launchStarter(runc.path, [...runc.globalOptions(runcLog), ...verb], {
    environment: programEnvironment(),
    descriptors: ["from us", "to us", "to us"],
    pidFile,
  });
  const [stdin, stdout, stderr] = pipes;
  // The program may end without reading what it is sent; that is its right and no failure of ours.
  stdin.on("error", () => {});
  try {
    const program = await started;
    if (program.failed) throw failure(program.failed, runcLog);
    const exited = program.ended.then(exitCodeOf);
    return { pid: program.pid, stdin, stdout, stderr, exited, resize: () => {}, kill: program.kill };
  } catch (cause) {
    // What runc wrote there is in its log, too.
    for (const pipe of pipes) pipe.destroy();
    throw cause;
  }
}

/** As shells and Docker have it. */
const exitCodeOf = ({ exitCode, signal }: ProgramEnd): number => exitCode ?? 128 + signal;

function failure(end: ProgramEnd, runcLog: string): EngineError<"EXEC_FAILED"> {
  const why = runcWords(runcLog) ?? `runc ended with code ${exitCodeOf(end)} without a word`;
  return new EngineError("EXEC_FAILED", { why, exitCode: execFailureCode(why) });
}
