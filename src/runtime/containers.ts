import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { EngineError } from "../base/errors.ts";
import { shortId } from "../base/ids.ts";
import { signalNumber } from "../base/signals.ts";
import type { RunPlan } from "../contracts/runtime.ts";
import { logLimits } from "../model/log-config.ts";
import { openApparmor } from "./apparmor/apparmor.ts";
import { ensureBindSources } from "./bind-sources.ts";
import { isFrozen, removeEmptyCgroup } from "./cgroups.ts";
import { closeConfinement, openConfinement } from "./confinement.ts";
import { startMonitor } from "./conmon.ts";
import { endExecMonitors } from "./exec/end-exec-monitors.ts";
import { recordInput } from "./input/container-input.ts";
import { holdsMount, unmountBelow } from "./mounted.ts";
import type { RuntimeParts } from "./parts.ts";
import { hasEnded, send } from "./process-identity.ts";
import { grantable } from "./spec/capabilities.ts";
import { configJson } from "./spec/config-json.ts";
import { privilegedDevices } from "./spec/devices.ts";
import { lookUpUser, readUserFiles, withGroups } from "./spec/process-user.ts";

/** Runtime.create: see the contract. What a crashed attempt left is removed first. */
export async function createContainer(parts: RuntimeParts, plan: RunPlan): Promise<{ pid: number }> {
  const { layout, exits } = parts;
  const { id, name, config } = plan.container;
  parts.roots.check(config.rootfs);
  ensureBindSources(config.mounts);
  await releaseContainer(parts, id);
  const files = layout.of(id);
  exits.silence(id);
  parts.creating.add(id);
  try {
    for (const directory of [files.bundle, files.persist]) mkdirSync(directory, { recursive: true });
    await writeBundle(parts, plan);
    const { tty, openStdin } = config;
    const monitored = { id, files, exitDirectory: layout.exits, tty, openStdin };
    const pid = await startMonitor(parts, monitored);
    parts.outOfMemory.follow(id);
    if (openStdin) recordInput(files, pid, { tty });
    parts.rotation.begin(id, logLimits(config.logConfig));
    exits.heed(id);
    return { pid };
  } catch (cause) {
    parts.creating.delete(id);
    await releaseContainer(parts, id);
    if (cause instanceof EngineError) throw cause;
    throw startFailed(name || shortId(id), cause);
  } finally {
    parts.creating.delete(id);
  }
}

async function writeBundle(parts: RuntimeParts, plan: RunPlan): Promise<void> {
  const { layout, roots, subpaths } = parts;
  const { id, config } = plan.container;
  const files = layout.of(id);
  const rootPath = await roots.open(config.rootfs, files);
  const users = readUserFiles(rootPath);
  const spec = configJson({
    plan,
    rootPath,
    user: withGroups(lookUpUser(config.user, users), config.confinement?.groupAdd ?? [], users),
    capabilities: grantable(),
    hostDevices: config.privileged ? privilegedDevices() : [],
    secrets: roots.secrets(config.rootfs),
    cgroupsPath: join(config.namespaces?.cgroupParent ?? `/${layout.cgroupParent}`, id),
    subpaths: subpaths.open(plan),
    ...openConfinement(parts, plan.container),
    apparmorProfile: await openApparmor(config, files.run),
  });
  writeFileSync(join(files.bundle, "config.json"), JSON.stringify(spec));
}

const startFailed = (container: string, cause: unknown): EngineError =>
  new EngineError(
    "START_FAILED",
    { container, why: cause instanceof Error ? cause.message : String(cause) },
    { cause },
  );

/** Runtime.start. */
export async function startContainer({ runc }: RuntimeParts, id: string): Promise<void> {
  try {
    await runc.start(id);
  } catch (cause) {
    throw startFailed(shortId(id), cause);
  }
}

/** Runtime.kill: the pid is known to be the container's, so no program is needed. */
export async function killContainer({ processes }: RuntimeParts, id: string, signal: string): Promise<void> {
  const number = signalNumber(signal);
  const init = processes.init(id);
  if (!init || !send(init, number)) throw new EngineError("CONTAINER_NOT_RUNNING", { container: shortId(id) });
}

/**
 * Runtime.release: goes on after a failure and reports all of them. The run's files tell a later try what is left, and what
 * could not be unmounted lies there: they go when nothing else is.
 */
export async function releaseContainer(
  parts: RuntimeParts,
  id: string,
  { keepExit } = { keepExit: false },
): Promise<void> {
  const { layout, exits, processes, runc, roots, subpaths } = parts;
  const files = layout.of(id);
  if (!keepExit) exits.silence(id); // it may have to be told again
  parts.rotation.end(id);
  parts.outOfMemory.forget(id);
  const failures = await tryAll([
    () => endProcesses(parts, id),
    () => (existsSync(files.runcState) ? runc.delete(id) : undefined),
    () => endExecMonitors(processes, id, files),
    () => roots.close(files),
    () => closeConfinement(parts, files),
    () => (holdsMount(files.run) ? unmountBelow(parts.mounts, files.run) : undefined),
    () => subpaths.close(id),
    // Between runc's making the parent and the child, the parent looks empty.
    () => parts.creating.size === 0 && removeEmptyCgroup(layout.cgroupParent),
  ]);
  if (failures.length === 0) {
    const removals = [
      () => rm(files.run, { recursive: true, force: true }),
      () => keepExit || rmSync(files.exitFile, { force: true }),
    ];
    failures.push(...(await tryAll(removals)));
  }
  processes.forget(id);
  exits.released(id);
  throwAll(`release container ${shortId(id)}`, failures);
}

/** Runtime.remove: what release() could not remove keeps nothing else. */
export async function removeContainer(parts: RuntimeParts, id: string): Promise<void> {
  const failures = await tryAll([
    () => releaseContainer(parts, id),
    () => rm(parts.layout.of(id).data, { recursive: true, force: true }),
  ]);
  parts.exits.forget(id);
  if (failures.length === 1) throw failures[0];
  throwAll(`remove container ${shortId(id)}`, failures);
}

async function tryAll(steps: readonly (() => unknown)[]): Promise<unknown[]> {
  const failures: unknown[] = [];
  for (const step of steps) {
    try {
      await step();
    } catch (cause) {
      failures.push(cause);
    }
  }
  return failures;
}

function throwAll(what: string, failures: readonly unknown[]): void {
  if (failures.length > 0) throw new AggregateError(failures, `Cannot ${what}: ${failures.map(String).join("; ")}`);
}

/**
 * Ends the container and waits for its conmon, which would otherwise write the exit file after we removed it.
 */
async function endProcesses({ layout, processes, runc }: RuntimeParts, id: string): Promise<void> {
  const init = processes.init(id);
  if (init) send(init, 9);
  if (init && isFrozen(layout.of(id))) await runc.resume(id);
  const monitor = processes.monitor(id);
  if (monitor && !(await hasEnded(monitor))) send(monitor, 9);
  if (init && !(await hasEnded(init))) throw new Error(`process ${init.pid} does not end on SIGKILL`);
}
