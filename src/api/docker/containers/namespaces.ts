import { EngineError, invalid } from "../../../base/errors.ts";
import type { Engine } from "../../../engine/engine.ts";
import type { NamespaceModes } from "../../../model/confinement.ts";
import { Refusal } from "../../refusal.ts";
import type { ConfinementBody } from "./confinement-body.ts";

/**
 * PidMode and its like, and what else a container has or has not of its own. Absent: Docker's default. Clients of API
 * versions before 1.40 rely on an IPC namespace that others can join.
 */
export function parseNamespaces(engine: Engine, host: ConfinementBody, version: number): NamespaceModes {
  checkRuntime(host.Runtime ?? "");
  const shm = host.ShmSize ?? 0;
  if (shm < 0) throw new Refusal(400, "SHM size can not be less than 0");
  const modes = {
    pid: joinable(engine, "PID", host.PidMode ?? "", ["host"] as const),
    ipc: joinable(engine, "IPC", host.IpcMode || (version < 40 ? "shareable" : ""), [
      "host",
      "none",
      "shareable",
      "private",
    ] as const),
    uts: oneOf("UTS", host.UTSMode ?? "", ["host"] as const),
    user: userNamespace(host.UsernsMode ?? ""),
    cgroup: oneOf("cgroup namespace", host.CgroupnsMode ?? "", ["host", "private"] as const),
    shmSizeBytes: shm || undefined,
    cgroupParent: cgroupParent(host.CgroupParent ?? ""),
  };
  return Object.fromEntries(Object.entries(modes).filter(([, value]) => value !== undefined));
}

function oneOf<T extends string>(what: string, mode: string, known: readonly T[]): T | undefined {
  if (mode === "") return undefined;
  const found = known.find((one) => one === mode);
  if (found) return found;
  throw new Refusal(400, `invalid ${what} mode: ${mode}`);
}

function joinable<T extends string>(
  engine: Engine,
  what: string,
  mode: string,
  known: readonly T[],
): T | `container:${string}` | undefined {
  if (!mode.startsWith("container:")) return oneOf(what, mode, known);
  const name = mode.slice("container:".length);
  if (name === "") throw new Refusal(400, `invalid ${what} mode: ${mode}`);
  const { container } = engine.containers.inspect(name);
  return `container:${container.id}`;
}

function userNamespace(mode: string): "host" | undefined {
  if (mode === "") return undefined;
  if (mode === "host") return mode;
  throw invalid("userns mode", `"${mode}": containers share the host's user namespace, which is "host"`);
}

function checkRuntime(name: string): void {
  if (name === "" || name === "runc" || name === "io.containerd.runc.v2") return;
  throw new EngineError("NOT_SUPPORTED", { what: `runtime "${name}"`, instead: "containers are run by runc" });
}

function cgroupParent(path: string): string | undefined {
  if (path === "") return undefined;
  if (!path.split("/").includes("..") && !path.endsWith(".slice")) return path.startsWith("/") ? path : `/${path}`;
  throw invalid("cgroup parent", `"${path}" must be a path below the root of the control groups, not a systemd slice`);
}
