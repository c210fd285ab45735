import { readdirSync, type Stats } from "node:fs";
import type { PathChange } from "../../contracts/archive.ts";
import { type Inside, type OpenFile, statOf } from "./inside.ts";

/**
 * What an overlay's upper layer changes of the lower one (Documentation/filesystems/overlayfs.rst): what is in it is
 * added or changed, a character device 0/0 marks what was deleted, and a directory marked opaque hides all that is
 * below it. A directory that is only there for what lies in it counts as changed, as docker diff has it.
 */
export function overlayChanges(below: Inside, above: Inside): PathChange[] {
  const changes: PathChange[] = [];
  const walk = new Walk(above, below, changes);
  using root = above.directory("/");
  walk.directory(root, "", "seen");
  const hidden = ownPlaces(changes);
  return changes.filter(({ path }) => !hidden.has(path)).sort((left, right) => (left.path < right.path ? -1 : 1));
}

/** Whether the lower layer shows through at a directory. */
type Lower = "seen" | "hidden";

class Walk {
  readonly #above: Inside;
  readonly #below: Inside;
  readonly #changes: PathChange[];

  constructor(above: Inside, below: Inside, changes: PathChange[]) {
    this.#above = above;
    this.#below = below;
    this.#changes = changes;
  }

  directory(directory: OpenFile, path: string, lower: Lower): void {
    for (const name of readdirSync(directory.path)) {
      const entry = statOf(directory, name);
      if (entry) this.#entry(directory, name, { path: `${path}/${name}`, entry, lower });
    }
  }

  #entry(parent: OpenFile, name: string, at: { path: string; entry: Stats; lower: Lower }): void {
    const { path, entry, lower } = at;
    const before = lower === "seen" ? this.#before(path) : undefined;
    if (entry.isCharacterDevice() && entry.rdev === 0) {
      if (before) this.#changes.push({ path, kind: "deleted" });
      return;
    }
    this.#changes.push({ path, kind: before ? "changed" : "added" });
    if (!entry.isDirectory()) return;
    using directory = this.#above.child(parent, name);
    const opaque = this.#isOpaque(directory);
    if (opaque && before?.isDirectory()) this.#deleted(directory, path);
    this.directory(directory, path, before?.isDirectory() && !opaque ? "seen" : "hidden");
  }

  #before(path: string): Stats | undefined {
    try {
      using parent = this.#parentBelow(path);
      return statOf(parent, path.slice(path.lastIndexOf("/") + 1));
    } catch (error) {
      if (["ENOENT", "ENOTDIR", "ELOOP"].includes((error as { errno?: string }).errno ?? "")) return undefined;
      throw error;
    }
  }

  /** Overlays merge directories by name: a link in the lower layer is none of them. */
  #parentBelow(path: string): OpenFile {
    const directory = path.slice(1, path.lastIndexOf("/"));
    const root = this.#below.directory("/");
    if (directory === "" || path.lastIndexOf("/") === 0) return root;
    try {
      return this.#below.child(root, directory);
    } finally {
      root[Symbol.dispose]();
    }
  }

  #isOpaque(directory: OpenFile): boolean {
    const mark = this.#above.access.attribute(directory.path, "trusted.overlay.opaque");
    return mark !== undefined && Buffer.from(mark).toString() === "y";
  }

  /** What an opaque directory hides and does not have itself. */
  #deleted(above: OpenFile, path: string): void {
    using root = this.#below.directory("/");
    using below = this.#below.child(root, path.slice(1));
    for (const name of readdirSync(below.path)) {
      if (!statOf(above, name)) this.#changes.push({ path: `${path}/${name}`, kind: "deleted" });
    }
  }
}

/** What the runtime makes in every root to mount on, which Docker has in a layer of its own that diff does not see. */
const made = [
  ...["/.dockerenv", "/dev", "/dev/console", "/dev/mqueue", "/dev/pts", "/dev/shm", "/proc", "/sys", "/etc/mtab"],
  ...["/etc/hostname", "/etc/hosts", "/etc/resolv.conf"],
];

/** Those of them that the container did not have before, with parents that changed for their sake alone. */
function ownPlaces(changes: readonly PathChange[]): Set<string> {
  const hidden = new Set(
    changes.filter(({ path, kind }) => made.includes(path) && kind !== "deleted").map(({ path }) => path),
  );
  for (const parent of ["/dev", "/etc"]) {
    const inside = changes.filter(({ path }) => path.startsWith(`${parent}/`));
    const touched = changes.some(({ path }) => path === parent);
    if (!touched) continue;
    // An empty one that was made, or one that has nothing but ours in it.
    if (inside.every(({ path }) => hidden.has(path)) && (inside.length > 0 || parent === "/dev")) hidden.add(parent);
    else hidden.delete(parent);
  }
  return hidden;
}
