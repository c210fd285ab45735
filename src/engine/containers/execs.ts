import { EngineError } from "../../base/errors.ts";
import { newId } from "../../base/ids.ts";
import type { ExecSession, ExecSpec, TerminalSize } from "../../contracts/runtime.ts";
import type { Container } from "../../model/container.ts";
import type { ExecView } from "../engine.ts";
import { findContainer } from "../reference.ts";
import { mustRun, mustTakeExec } from "./held.ts";
import type { ContainerParts } from "./parts.ts";
import { tell } from "./tell.ts";

interface Exec {
  readonly id: string;
  readonly containerId: string;
  readonly spec: ExecSpec;
  /** Of a health check: nobody asks for it afterwards. */
  readonly isProbe: boolean;
  status: "created" | "starting" | "running" | "ended";
  pid: number;
  exitCode?: number;
  session?: ExecSession;
  /** Asked for before its start. */
  size?: TerminalSize;
}

/** How many ended ones can still be inspected. */
const endedKept = 1_000;

/** Processes run inside containers; they live as long as the daemon, and so do their records. */
export class Execs {
  readonly #execs = new Map<string, Exec>();
  readonly #byContainer = new Map<string, Set<string>>();
  readonly #ended: string[] = [];

  add(containerId: string, spec: ExecSpec, isProbe: boolean): Exec {
    const exec: Exec = { id: newId(), containerId, spec, isProbe, status: "created", pid: 0 };
    this.#execs.set(exec.id, exec);
    const beside = this.#byContainer.get(containerId) ?? new Set();
    this.#byContainer.set(containerId, beside.add(exec.id));
    return exec;
  }

  /** Throws EXEC_NOT_FOUND. */
  find(id: string): Exec {
    const exec = this.#execs.get(id);
    if (!exec) throw new EngineError("EXEC_NOT_FOUND", { exec: id });
    return exec;
  }

  /** Keeps it for inspection until a thousand others have ended. */
  end(exec: Exec, exitCode: number): void {
    Object.assign(exec, { status: "ended", exitCode, pid: 0 });
    delete exec.session;
    if (exec.isProbe) this.#forget(exec.id);
    else this.#ended.push(exec.id);
    if (this.#ended.length > endedKept) this.#forget(this.#ended.shift() ?? "");
  }

  /** Those of a container that have not ended. */
  openIn(containerId: string): string[] {
    return [...(this.#byContainer.get(containerId) ?? [])].filter((id) => this.#execs.get(id)?.status !== "ended");
  }

  /** Those that have not been started cannot be any more: their container has ended. */
  forgetUnstarted(containerId: string): void {
    for (const id of this.openIn(containerId)) if (this.#execs.get(id)?.status === "created") this.#forget(id);
  }

  forgetContainer(containerId: string): void {
    for (const id of this.#byContainer.get(containerId) ?? []) this.#execs.delete(id);
    this.#byContainer.delete(containerId);
  }

  #forget(id: string): void {
    const containerId = this.#execs.get(id)?.containerId ?? "";
    this.#execs.delete(id);
    const beside = this.#byContainer.get(containerId);
    beside?.delete(id);
    if (beside?.size === 0) this.#byContainer.delete(containerId);
  }
}

export function createExec(parts: ContainerParts, reference: string, spec: ExecSpec): string {
  const container = findContainer(parts.state, reference);
  mustTakeExec(container, reference);
  // At once, as Docker since 28.2: a client that is told in the stream waits for a process that there never was.
  parts.runtime.checkUser(container.id, spec.user);
  return prepare(parts, container, { spec, isProbe: false });
}

/** As createExec(), for a health check: forgotten when it has ended. */
export const createProbe = (parts: ContainerParts, container: Container, spec: ExecSpec): string =>
  prepare(parts, container, { spec, isProbe: true });

function prepare(
  parts: ContainerParts,
  container: Container,
  { spec, isProbe }: { spec: ExecSpec; isProbe: boolean },
): string {
  mustTakeExec(container);
  const exec = parts.execs.add(container.id, spec, isProbe);
  tell(parts, `exec_create: ${spec.args.join(" ")}`, container, { execID: exec.id });
  return exec.id;
}

/** Throws when it cannot be run (any more). */
export function checkExec(parts: ContainerParts, execId: string): { exec: Exec; container: Container } {
  const exec = parts.execs.find(execId);
  const container = findContainer(parts.state, exec.containerId);
  if (exec.status !== "created") {
    throw new EngineError("CONTAINER_REFUSED", {
      container: container.name,
      why: `exec command ${execId} has already run`,
    });
  }
  mustTakeExec(container);
  return { exec, container };
}

/** Runs it, once. */
export async function startExec(
  parts: ContainerParts,
  execId: string,
  options: { size?: TerminalSize },
): Promise<ExecSession> {
  const { exec, container } = checkExec(parts, execId);
  exec.status = "starting";
  const size = exec.size ?? options.size ?? exec.spec.size;
  try {
    const { env: containerEnv } = container.config;
    exec.session = await parts.runtime.exec(container.id, { ...exec.spec, containerEnv, ...(size ? { size } : {}) });
  } catch (error) {
    // Docker: what could not be run has ended, with the shell's code for it.
    parts.execs.end(exec, failureCode(error));
    throw error;
  }
  // A resize that came while it started: clients tell the size as soon as they have asked for the start.
  if (exec.size && exec.size !== size) exec.session.resize(exec.size.rows, exec.size.columns);
  Object.assign(exec, { status: "running", pid: exec.session.pid });
  tell(parts, `exec_start: ${exec.spec.args.join(" ")}`, container, { execID: execId });
  void followExec(parts, exec, exec.session);
  return exec.session;
}

const failureCode = (error: unknown): number =>
  error instanceof EngineError && error.code === "EXEC_FAILED" ? (error.data as { exitCode: number }).exitCode : 126;

async function followExec(parts: ContainerParts, exec: Exec, session: ExecSession): Promise<void> {
  const exitCode = await session.exited.catch((error: unknown) => {
    parts.log.error({ err: error, exec: exec.id }, "cannot tell how an exec ended");
    return 255;
  });
  parts.execs.end(exec, exitCode);
  const container = parts.state.containers.get(exec.containerId);
  if (container) tell(parts, "exec_die", container, { execID: exec.id, exitCode: String(exitCode) });
}

export function viewExec({ execs }: ContainerParts, execId: string): ExecView {
  const { id, containerId, spec, status, pid, exitCode } = execs.find(execId);
  const running = status === "starting" || status === "running";
  return { id, containerId, spec, running, pid, ...(exitCode === undefined ? {} : { exitCode }) };
}

export function resizeExec({ execs, state }: ContainerParts, execId: string, size: TerminalSize): void {
  const exec = execs.find(execId);
  mustRun(findContainer(state, exec.containerId));
  exec.size = size;
  exec.session?.resize(size.rows, size.columns);
}

export function detachedExec(parts: ContainerParts, execId: string): void {
  const { containerId } = parts.execs.find(execId);
  const container = parts.state.containers.get(containerId);
  if (container) tell(parts, "exec_detach", container, { execID: execId });
}
