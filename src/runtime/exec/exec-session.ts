import { rmSync, writeFileSync } from "node:fs";
import { EngineError, invalid } from "../../base/errors.ts";
import { shortId } from "../../base/ids.ts";
import type { ExecSession, ExecSpec } from "../../contracts/runtime.ts";
import { ensureLoaded } from "../apparmor/apparmor.ts";
import type { RuntimeParts } from "../parts.ts";
import { lookUpUser, readUserFiles } from "../spec/process-user.ts";
import { ExecFiles } from "./exec-files.ts";
import { execOnPipes } from "./exec-on-pipes.ts";
import { execOnTerminal } from "./exec-on-terminal.ts";
import { execProcess, readInitProcess } from "./exec-process.ts";

/** Runtime.checkUser. */
export function checkExecUser(parts: RuntimeParts, id: string, user: string): void {
  if (user !== "") lookUpUser(user, readUserFiles(`/proc/${startedProcess(parts, id).pid}/root`));
}

function startedProcess({ processes }: RuntimeParts, id: string): { readonly pid: number } {
  const init = processes.started(id);
  if (!init) throw new EngineError("CONTAINER_NOT_RUNNING", { container: shortId(id) });
  return init;
}

/** Runtime.exec. Throws EXEC_FAILED, with runc's words, when the program could not be started. */
export async function startExec(parts: RuntimeParts, id: string, spec: ExecSpec): Promise<ExecSession> {
  const container = parts.layout.of(id);
  const init = startedProcess(parts, id);
  if (spec.args.length === 0) throw invalid("Cmd", "no exec command specified");
  // The container's own files, which it may have made anything of: read only when a user is to be looked up.
  const userFiles = () => readUserFiles(`/proc/${init.pid}/root`);
  const inherited = readInitProcess(container.bundle);
  const description = execProcess(spec, inherited, userFiles);
  const files = ExecFiles.create(container);
  const remove = () => rmSync(files.directory, { recursive: true, force: true });
  try {
    writeFileSync(files.process, JSON.stringify(description));
    await ensureLoaded(inherited.apparmorProfile ?? "", files.directory);
    const session = await (spec.tty ? execOnTerminal : execOnPipes)(parts, { id, files, spec });
    if (!spec.attachStdin) session.stdin.end();
    return { ...session, exited: session.exited.finally(remove) };
  } catch (cause) {
    remove();
    throw cause;
  }
}
