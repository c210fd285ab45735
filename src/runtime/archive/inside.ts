import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readlinkSync,
  rmdirSync,
  type Stats,
  unlinkSync,
} from "node:fs";
import { posix } from "node:path";
import type { FileAccess } from "../../contracts/file-access.ts";

const { O_DIRECTORY } = constants;
/** As many as the kernel follows, path_resolution(7). */
const mostLinks = 40;

/** A descriptor that is closed with its block. */
export interface OpenFile extends Disposable {
  readonly fd: number;
  /** A path to this very inode, and to what lies in it if it is a directory: `${path}/name`. */
  readonly path: string;
}

/**
 * A directory that somebody else may write to all the while, a container's root or a volume.
 *
 * Nothing in here is ever reached by a path from outside: such a path is a sequence of names, and whoever owns one of the
 * directories may put a link there between our look and our step (CVE-2018-15664, CVE-2019-14271). Instead the kernel
 * resolves what is asked for with this directory as the root (openat2(2), RESOLVE_IN_ROOT), which gives a descriptor of
 * the parent; and the last name is used relative to that descriptor, by calls that do not follow a link at the end. What
 * can be gained by swapping is that we work at another place of the same directory, where its owner could have worked.
 */
export class Inside {
  readonly #root: number;
  readonly #access: FileAccess;

  constructor(root: number, access: FileAccess) {
    this.#root = root;
    this.#access = access;
  }

  get access(): FileAccess {
    return this.#access;
  }

  /** A directory, links followed within. Throws KernelError: ENOENT, ENOTDIR. */
  directory(path: string): OpenFile {
    return this.open(path, this.#access.pathOnly | O_DIRECTORY);
  }

  open(path: string, flags: number): OpenFile {
    return opened(this.#access.open(this.#root, path === "" ? "/" : path, { flags, links: "inRoot" }));
  }

  /** A directory, made with all its parents where it is not there; `mode` before the umask. */
  makeDirectory(path: string, mode = 0o755): OpenFile {
    try {
      return this.directory(path);
    } catch (error) {
      if ((error as { errno?: string }).errno !== "ENOENT" || path === "/" || path === "") throw error;
    }
    using parent = this.makeDirectory(posix.dirname(path), mode);
    try {
      mkdirSync(`${parent.path}/${posix.basename(path)}`, { mode });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
    return this.directory(path);
  }

  /** A directory below an open one; a link is an error. */
  child(parent: OpenFile, name: string, flags = this.#access.pathOnly): OpenFile {
    return opened(this.#access.open(parent.fd, name, { flags: flags | O_DIRECTORY, links: "none" }));
  }

  /** Removes what is there, with all that is in it; "not there" is success. */
  remove(parent: OpenFile, name: string): void {
    const entry = statOf(parent, name);
    if (!entry) return;
    if (!entry.isDirectory()) {
      unlinkSync(`${parent.path}/${name}`);
      return;
    }
    {
      using directory = this.child(parent, name);
      for (const inside of readdirSync(directory.path)) this.remove(directory, inside);
    }
    rmdirSync(`${parent.path}/${name}`);
  }

  /** What `path` means when every link is followed, as text; parts that are not there are taken as they are. */
  resolve(path: string): string {
    const rest = path.split("/");
    let inside: string[] = [];
    let links = 0;
    for (let part = rest.shift(); part !== undefined; part = rest.shift()) {
      if (part === "" || part === ".") continue;
      const target = part === ".." ? undefined : this.#linkAt(`/${inside.join("/")}`, part);
      if (part === "..") inside.pop();
      else if (target === undefined) inside.push(part);
      else {
        if (++links > mostLinks) throw tooManyLinks(path);
        if (target.startsWith("/")) inside = [];
        rest.unshift(...target.split("/"));
      }
    }
    return `/${inside.join("/")}`;
  }

  #linkAt(directory: string, name: string): string | undefined {
    try {
      using parent = this.directory(directory);
      return statOf(parent, name)?.isSymbolicLink() ? readlinkSync(`${parent.path}/${name}`) : undefined;
    } catch (error) {
      const { errno } = error as { errno?: string };
      if (errno === "ENOENT" || errno === "ENOTDIR") return undefined;
      throw error;
    }
  }
}

const tooManyLinks = (path: string): Error =>
  Object.assign(new Error(`Cannot resolve "${path}": too many symbolic links`), { errno: "ELOOP" });

/** Of a link itself; undefined without such a name. "." is the directory. */
export function statOf(parent: OpenFile, name: string): Stats | undefined {
  return name === "." ? fstatSync(parent.fd) : lstatSync(`${parent.path}/${name}`, { throwIfNoEntry: false });
}

export function opened(fd: number): OpenFile {
  return { fd, path: `/proc/self/fd/${fd}`, [Symbol.dispose]: () => closeSync(fd) };
}
