import { existsSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { EngineError } from "../../base/errors.ts";
import { newId } from "../../base/ids.ts";
import { apparmorOf, defaultApparmor } from "../../model/apparmor.ts";
import type { ContainerConfig } from "../../model/container.ts";
import { textOf } from "../limits/read-file.ts";
import { findProgram, runProgram } from "../run-program.ts";
import { defaultProfile } from "./default-profile.ts";

/** The kernel's list of loaded profiles, "NAME (enforce)" a line (security/apparmor/apparmorfs.c). */
const loadedList = "/sys/kernel/security/apparmor/profiles";

/** Whether the kernel confines by AppArmor: the module parameter of security/apparmor/lsm.c, and its file system. */
export const hasApparmor = (): boolean =>
  textOf("/sys/module/apparmor/parameters/enabled") === "Y" && existsSync(loadedList);

const isLoaded = (name: string): boolean =>
  (textOf(loadedList) ?? "").split("\n").some((line) => line.replace(/ \([a-z]+\)$/, "") === name);

/** Throws NOT_SUPPORTED when a container's profile is not loaded and cannot be. */
export function checkApparmor(config: ContainerConfig, supported = hasApparmor()): void {
  const name = supported ? apparmorOf(config) : (config.confinement?.apparmor ?? "unconfined");
  if (name === "unconfined" || isLoaded(name)) return;
  if (name !== defaultApparmor) throw refused(name, supported ? notLoaded : off);
  if (supported) findParser();
}

const notLoaded = "it is not loaded: load it with apparmor_parser, or give the name of a loaded one";
const off = "AppArmor is off on this host: leave the option out, or give apparmor=unconfined";

/**
 * The profile for a bundle, loaded; undefined where the host has no AppArmor. The default one is loaded here when it is not
 * yet: it stays for other containers, and for Docker's engine, which has one of the same name.
 */
export async function openApparmor(config: ContainerConfig, directory: string): Promise<string | undefined> {
  checkApparmor(config);
  if (!hasApparmor()) return undefined;
  const name = apparmorOf(config);
  if (name === defaultApparmor && !isLoaded(name)) await loadOnce(directory);
  return name;
}

let loading: Promise<void> | undefined;

/** Once for all containers that start at the same time. */
function loadOnce(directory: string): Promise<void> {
  loading ??= loadDefault(directory).finally(() => {
    loading = undefined;
  });
  return loading;
}

async function loadDefault(directory: string): Promise<void> {
  const file = join(directory, `apparmor-${newId()}`);
  const daemon = (textOf("/proc/self/attr/current") ?? "unconfined").replace(/ \([a-z]+\)$/, "");
  writeFileSync(file, defaultProfile({ daemon, hasBase: existsSync("/etc/apparmor.d/abstractions/base") }));
  try {
    const { exitCode, stderr } = await runProgram(findParser(), ["--skip-cache", "--replace", file]);
    if (exitCode !== 0) throw new Error(`cannot load the AppArmor profile ${defaultApparmor}: ${stderr.trim()}`);
  } finally {
    rmSync(file, { force: true });
  }
}

function findParser(): string {
  try {
    return findProgram("apparmor_parser", "apparmor");
  } catch (cause) {
    const why = `${(cause as Error).message}, or run without it by --security-opt apparmor=unconfined`;
    throw new EngineError("NOT_SUPPORTED", { what: `AppArmor profile "${defaultApparmor}"`, instead: why });
  }
}

const refused = (name: string, instead: string) =>
  new EngineError("NOT_SUPPORTED", { what: `AppArmor profile "${name}"`, instead });
