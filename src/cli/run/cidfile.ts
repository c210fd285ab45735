import { closeSync, openSync, rmSync, writeSync } from "node:fs";
import { ExitError } from "../errors.ts";

/**
 * Calls `create` and writes the id it gives to the file of --cidfile. The file is made first: one that is there already
 * belongs to another container, and none is created that nobody would know of. It goes again when `create` fails.
 */
export async function withCidfile(path: string, create: () => Promise<string>): Promise<string> {
  if (path === "") return await create();
  const file = make(path);
  let id = "";
  try {
    id = await create();
    writeSync(file, id);
    return id;
  } finally {
    closeSync(file);
    if (id === "") rmSync(path, { force: true });
  }
}

function make(path: string): number {
  try {
    return openSync(path, "wx");
  } catch (cause) {
    const why = (cause as Error).message;
    throw new ExitError(125, `cannot write the container id, so nothing was created: ${why}`, { cause });
  }
}
