import { accessSync, constants } from "node:fs";
import { join } from "node:path";

/** Programs that labs are made with, beside those that every Debian has. */
const needed = ["flock", "ip", "nft", "nsenter", "setsid", "tini", "unshare"];

/** Throws, with what to do, when one is missing. */
export function checkPrograms(path = process.env["PATH"] ?? ""): void {
  const missing = needed.filter((program) => !path.split(":").some((folder) => isExecutable(join(folder, program))));
  if (missing.length > 0)
    throw new Error(
      `A lab needs ${missing.join(", ")}, which ${missing.length === 1 ? "is" : "are"} not on PATH; "sh scripts/setup.sh test" installs what is missing`,
    );
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
