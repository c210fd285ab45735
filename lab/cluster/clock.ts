import { globSync, writeFileSync } from "node:fs";
import type { Machine } from "../machine.ts";

/** Debian's libfaketime, in the folder of whichever architecture this is. */
const libraries = "/usr/lib/*/faketime/libfaketime.so.1";

/**
 * What a command line begins with whose wall clock is to follow the machine's clock file; the monotonic clock stays
 * true. What the library keeps in /dev/shm would outlive a kill: a machine has one of its own.
 */
export function withClock(machine: Machine): string[] {
  const [library] = globSync(libraries);
  if (!library)
    throw new Error('Cannot set a clock wrong: libfaketime is missing; "sh scripts/setup.sh test" installs it');
  const file = `FAKETIME_TIMESTAMP_FILE=${clockFile(machine)}`;
  const settings = ["FAKETIME_NO_CACHE=1", "DONT_FAKE_MONOTONIC=1"];
  return ["env", `LD_PRELOAD=${library}`, file, ...settings];
}

/** Sets the clock that programs started by withClock() see: "+1h", "-90s", "+0". Takes effect at once. */
export function setClock(machine: Machine, offset: string): void {
  if (!/^[+-]\d+(\.\d+)?[smhdy]?$/.test(offset))
    throw new Error(`Cannot set the clock of ${machine.name} to "${offset}": it must be like +1h or -90s`);
  writeFileSync(machine.pathOf(clockFile(machine)), `${offset}\n`);
}

const clockFile = (machine: Machine): string => `${machine.folder}/clock`;
