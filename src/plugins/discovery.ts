import { type Dirent, readdirSync, statSync } from "node:fs";
import { basename, extname, join } from "node:path";
import { type PluginAddress, readJsonSpec, readSpec } from "./address.ts";

/** As Docker's names of plugins; nothing that could lead out of the directories. */
const namePattern = /^[a-zA-Z0-9][a-zA-Z0-9_.:-]*$/;

/** How a file says where the plugin is, in the order in which they are looked at. */
const forms: readonly { readonly extension: string; read(file: string): PluginAddress | undefined }[] = [
  { extension: ".sock", read: socketAt },
  { extension: ".spec", read: readSpec },
  { extension: ".json", read: readJsonSpec },
];

/** Sockets come before specifications, whatever the directory: DIRECTORY/NAME.sock, DIRECTORY/NAME/NAME.sock, and so on. */
export function locate(directories: readonly string[], name: string): PluginAddress | undefined {
  if (!namePattern.test(name)) return undefined;
  for (const { extension, read } of forms) {
    for (const directory of directories) {
      for (const file of [join(directory, name + extension), join(directory, name, name + extension)]) {
        const found = isThere(file) ? read(file) : undefined;
        if (found) return found;
      }
    }
  }
  return undefined;
}

/** Names of all that locate() may find, sorted. */
export function listNames(directories: readonly string[]): string[] {
  const files = directories.flatMap((directory) =>
    entries(directory).flatMap((entry) => (entry.isDirectory() ? within(directory, entry.name) : [entry.name])),
  );
  const known = files.filter((file) => forms.some(({ extension }) => extname(file) === extension));
  return [...new Set(known.map((file) => basename(file, extname(file))))]
    .filter((name) => namePattern.test(name))
    .sort();
}

/** A folder counts for the plugin that it is named after. */
const within = (directory: string, folder: string): string[] =>
  entries(join(directory, folder))
    .map(({ name }) => name)
    .filter((name) => basename(name, extname(name)) === folder);

function entries(directory: string): Dirent[] {
  try {
    return readdirSync(directory, { withFileTypes: true });
  } catch (error) {
    if (["ENOENT", "ENOTDIR"].includes((error as NodeJS.ErrnoException).code ?? "")) return [];
    throw error;
  }
}

const isThere = (file: string): boolean => statSync(file, { throwIfNoEntry: false }) !== undefined;

function socketAt(file: string): PluginAddress | undefined {
  return statSync(file).isSocket() ? { scheme: "unix", socketPath: file, prefix: "" } : undefined;
}
