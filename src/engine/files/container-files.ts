import { closeSync, existsSync, mkdirSync, openSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import type { Log } from "../../base/log.ts";
import { readAtMost } from "../../base/read-at-most.ts";
import type { RunPlan } from "../../contracts/runtime.ts";
import type { Container } from "../../model/container.ts";
import type { Endpoint } from "../../model/endpoint.ts";
import type { HostResolvConf } from "./host-resolv-conf.ts";
import { hostsLines, mergeLines, requireGateways } from "./hosts.ts";
import { type DaemonNaming, resolvConfFor } from "./naming.ts";
import { writeInPlace as write } from "./write-in-place.ts";

export interface FileSources {
  readonly daemon: DaemonNaming;
  readonly hostResolvConf: HostResolvConf;
  /** What host-gateway stands for: the daemon's setting, else the gateways of the default bridge network. */
  readonly hostGateways: () => readonly string[];
  /** Lines for the containers that one is linked to. */
  readonly linkHosts: (container: Container) => readonly string[];
  /** The host's /etc/hosts, for host mode. */
  readonly hostHosts: string;
  readonly log: Log;
}

/** What a container may have written into one of its files, beside what is ours: it is read back and taken apart. */
const mostTheirs = 1 << 20;

/**
 * /etc/resolv.conf, /etc/hosts and /etc/hostname of each container, bind-mounted into it: always written in place, since
 * a new inode would not be seen inside. A copy of what we wrote last tells our lines from the user's.
 */
export class ContainerFiles {
  readonly #root: string;
  readonly #sources: FileSources;

  /** `root`: a directory of its own, with one directory a container. */
  constructor(root: string, sources: FileSources) {
    this.#root = root;
    this.#sources = sources;
  }

  /** Those of its creator for container:NAME: they say what is true of the sandbox. */
  paths({ id, config }: Container): RunPlan["files"] {
    const { networkMode } = config;
    const directory = join(this.#root, networkMode.kind === "container" ? networkMode.containerId : id);
    const path = (name: string) => join(directory, name);
    return { resolvConf: path("resolv.conf"), hosts: path("hosts"), hostname: path("hostname") };
  }

  /** Writes all three, before each start. */
  write(container: Container, endpoints: readonly Endpoint[]): void {
    if (container.config.networkMode.kind === "container") return;
    const { daemon, hostResolvConf, hostGateways } = this.#sources;
    requireGateways(container, hostGateways());
    const paths = this.paths(container);
    mkdirSync(join(this.#root, container.id), { recursive: true, mode: 0o755 });
    this.#writeHosts(paths.hosts, container, endpoints);
    const resolvConf = resolvConfFor(container, daemon, hostResolvConf.current(), endpoints);
    writeUnlessEdited(paths.resolvConf, resolvConf, this.#readBack(paths.resolvConf, container));
    write(paths.hostname, `${container.config.hostname}\n`);
  }

  /** Brings the addresses in /etc/hosts up to date; what users wrote there stays. Before the first start: nothing yet. */
  updateHosts(container: Container, endpoints: readonly Endpoint[]): void {
    const { hosts } = this.paths(container);
    if (existsSync(hosts)) this.#writeHosts(hosts, container, endpoints);
  }

  #writeHosts(path: string, container: Container, endpoints: readonly Endpoint[]): void {
    const { hostHosts, hostGateways, linkHosts } = this.#sources;
    const host = { hosts: read(hostHosts) ?? "", gateways: hostGateways(), links: linkHosts(container) };
    const next = hostsLines(container, endpoints, host);
    const [before, oursBefore] = [this.#readBack(path, container), read(`${path}.ours`)];
    const ours = lines(oursBefore);
    const merged = mergeLines(lines(before), ours, next);
    if (formatLines(merged) === before && formatLines(next) === oursBefore) return;
    // Both generations first: after a crash in between, either's lines are known as ours.
    write(`${path}.ours`, formatLines([...ours, ...next]));
    write(path, formatLines(merged));
    write(`${path}.ours`, formatLines(next));
  }

  /** Undefined for one that is not there, and for one that is too large: it is begun anew. */
  #readBack(path: string, { name }: Container): string | undefined {
    const limit = mostTheirs + sizeOf(`${path}.ours`);
    const text = readUpTo(limit, path);
    if (text !== tooLarge) return text?.replace(/\n+$/, "\n"); // a write that was cut short: write-in-place.ts
    this.#sources.log.warn(
      { container: name, file: basename(path), limit },
      "a container has made a file too large that the daemon keeps for it: it is begun anew",
    );
    return undefined;
  }

  /** Idempotent. */
  remove(id: string): void {
    rmSync(join(this.#root, id), { recursive: true, force: true });
  }

  /** Ids of all containers that have files. */
  list(): string[] {
    mkdirSync(this.#root, { recursive: true, mode: 0o755 });
    return readdirSync(this.#root);
  }
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

const tooLarge = Symbol("too large");

function readUpTo(limit: number, path: string): string | undefined | typeof tooLarge {
  if (!existsSync(path)) return undefined;
  const fd = openSync(path, "r");
  try {
    return readAtMost(fd, limit)?.toString("utf8") ?? tooLarge;
  } finally {
    closeSync(fd);
  }
}

const sizeOf = (path: string): number => statSync(path, { throwIfNoEntry: false })?.size ?? 0;

const lines = (text: string | undefined): string[] => (text ? text.replace(/\n$/, "").split("\n") : []);
const formatLines = (content: readonly string[]): string => `${content.join("\n")}\n`;

/** Between the texts that we may have written last; no file of this kind has one. */
const separator = "\0";

function writeUnlessEdited(path: string, text: string, current = ""): void {
  const ours = (read(`${path}.ours`) ?? "").split(separator);
  if (current !== "" && !ours.includes(current)) return;
  write(`${path}.ours`, [current, text].join(separator));
  write(path, text);
  write(`${path}.ours`, text);
}
