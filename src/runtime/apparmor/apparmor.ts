import { existsSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { EngineError } from "../../base/errors.ts";
import { newId } from "../../base/ids.ts";
import type { HostConfinement } from "../../contracts/limits.ts";
import { apparmorOf, defaultApparmor } from "../../model/apparmor.ts";
import type { ContainerConfig } from "../../model/container.ts";
import { textOf } from "../limits/read-file.ts";
import { findProgram, runProgram } from "../run-program.ts";
import { defaultProfile } from "./default-profile.ts";

/** The kernel's list of loaded profiles, "NAME (enforce)" a line (security/apparmor/apparmorfs.c). */
const loadedList = "/sys/kernel/security/apparmor/profiles";

/** Whether the kernel confines by AppArmor: the module parameter of security/apparmor/lsm.c, and its file system. */
const isOn = (): boolean => textOf("/sys/module/apparmor/parameters/enabled") === "Y" && existsSync(loadedList);

const isLoaded = (name: string): boolean =>
  (textOf(loadedList) ?? "").split("\n").some((line) => line.replace(/ \([a-z]+\)$/, "") === name);

/** What this host can do: "no-parser" is AppArmor without the program that loads the default profile. */
export function hostApparmor(): HostConfinement["apparmor"] {
  if (!isOn()) return "off";
  return isLoaded(defaultApparmor) || parser() ? "on" : "no-parser";
}

/** Throws NOT_SUPPORTED when the profile that a container asks for by name is not loaded and cannot be. */
export function checkApparmor({ confinement }: ContainerConfig, host = hostApparmor()): void {
  const name = confinement?.apparmor ?? "unconfined";
  if (name === "unconfined" || isLoaded(name)) return;
  if (name !== defaultApparmor) throw refused(name, host === "off" ? off : notLoaded);
  if (host === "no-parser") throw refused(name, withoutParser);
}

const notLoaded = "it is not loaded: load it with apparmor_parser, or give the name of a loaded one";
const off = "AppArmor is off on this host: leave the option out, or give apparmor=unconfined";
const withoutParser = 'it cannot be loaded without apparmor_parser: install it with "apt-get install apparmor"';

/**
 * The profile for a bundle, loaded; undefined where the host has no AppArmor. Without the program that loads it the default
 * one is left out, as Docker's engine does, and GET /info warns of it.
 */
export async function openApparmor(config: ContainerConfig, directory: string): Promise<string | undefined> {
  const host = hostApparmor();
  checkApparmor(config, host);
  const name = apparmorOf(config);
  if (host === "off" || (host === "no-parser" && name === defaultApparmor)) return undefined;
  await ensureLoaded(name, directory);
  return name;
}

/**
 * Loads the default profile when it is not, or no longer, loaded (upgrades of AppArmor remove what has no file in /etc). It
 * stays for other containers, and for Docker's engine, which has one of the same name. `directory` is for a file.
 */
export async function ensureLoaded(name: string, directory: string): Promise<void> {
  if (name === defaultApparmor && !isLoaded(name)) await loadOnce(directory);
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
    const { exitCode, stderr } = await runProgram(findProgram("apparmor_parser", "apparmor"), [
      "--skip-cache",
      "--replace",
      file,
    ]);
    if (exitCode !== 0) throw new Error(`cannot load the AppArmor profile ${defaultApparmor}: ${stderr.trim()}`);
  } finally {
    rmSync(file, { force: true });
  }
}

/** Its path, or undefined. */
function parser(): string | undefined {
  try {
    return findProgram("apparmor_parser", "apparmor");
  } catch {
    return undefined; // findProgram() fails for no other reason
  }
}

const refused = (name: string, instead: string) =>
  new EngineError("NOT_SUPPORTED", { what: `AppArmor profile "${name}"`, instead });
