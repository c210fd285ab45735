import { chownSync, lstatSync, mkdirSync, readFileSync, unlinkSync } from "node:fs";
import { connect, type ListenOptions, type Server } from "node:net";
import { dirname } from "node:path";
import { invalid } from "../base/errors.ts";
import type { Log } from "../base/log.ts";

/** A socket to listen on, as --host names it. */
export interface Listener {
  /** As the user wrote it. */
  readonly host: string;
  /** Begins to listen; resolves once connections are accepted. */
  open(server: Server): Promise<void>;
}

/** First descriptor that systemd passes: SD_LISTEN_FDS_START, sd_listen_fds(3). */
const firstPassedFd = 3;

/** Turns --host values into listeners; fd:// becomes one for each socket that systemd passed. */
export function listenersOf(hosts: readonly string[], options: { group: string; log: Log }): Listener[] {
  return hosts.flatMap((host) => {
    if (host.startsWith("unix://")) return [unixListener(host, host.slice("unix://".length), options.group)];
    if (host.startsWith("tcp://")) return [tcpListener(host, options.log)];
    if (host.startsWith("fd://"))
      return passedFds(host).map((fd) => ({ host: `fd://${fd}`, open: (server: Server) => listen(server, { fd }) }));
    throw invalid("--host", `"${host}" is neither unix:///PATH, tcp://HOST:PORT nor fd://`);
  });
}

function unixListener(host: string, path: string, group: string): Listener {
  return {
    host,
    async open(server) {
      mkdirSync(dirname(path), { recursive: true, mode: 0o755 });
      await removeStaleSocket(path);
      // bind(2) makes the file, with the mode that the mask leaves: nobody can connect before it is 0660.
      const mask = process.umask(0o117);
      let listening: Promise<void>;
      try {
        listening = listen(server, { path });
      } finally {
        process.umask(mask);
      }
      await listening;
      const gid = groupId(group);
      if (gid !== undefined) chownSync(path, 0, gid);
    },
  };
}

/** A socket file whose daemon was killed is removed; one that answers belongs to somebody. */
async function removeStaleSocket(path: string): Promise<void> {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (!found) return;
  if (!found.isSocket()) throw invalid(`--host unix://${path}`, "something that is no socket is there");
  const { promise, resolve } = Promise.withResolvers<string>();
  const probe = connect(path, () => resolve("answered")).on("error", (error: NodeJS.ErrnoException) =>
    resolve(error.code ?? ""),
  );
  const outcome = await promise;
  probe.destroy();
  if (outcome === "ECONNREFUSED") return unlinkSync(path);
  const why = outcome === "answered" ? "another daemon answers there" : `it cannot be used: ${outcome}`;
  throw invalid(`--host unix://${path}`, why);
}

function tcpListener(host: string, log: Log): Listener {
  const [, address = "", port = ""] = /^tcp:\/\/(.*):(\d+)$/.exec(host) ?? [];
  return {
    host,
    open(server) {
      log.warn({ host }, "whoever reaches this socket is root on this machine: it has no authentication");
      return listen(server, { host: address.replace(/^\[(.*)\]$/, "$1") || "127.0.0.1", port: Number(port) });
    },
  };
}

/** What `docker info` warns of, beginning as Docker's own warning does: the sockets that anybody may reach. */
export const warningsOf = (hosts: readonly string[]): string[] =>
  hosts
    .filter((host) => host.startsWith("tcp://"))
    .map(
      (host) =>
        `WARNING: API is accessible on ${host.replace("tcp", "http")} without encryption: who reaches it is root here`,
    );

/** Descriptors of sd_listen_fds(3), which are ours only if LISTEN_PID says so. "fd://" is all of them, "fd://4" one. */
function passedFds(host: string): number[] {
  const { LISTEN_PID: pid, LISTEN_FDS: count } = process.env;
  const passed = Number(pid) === process.pid ? Number(count) : 0;
  const all = Array.from({ length: passed }, (_, index) => firstPassedFd + index);
  const wanted = host.slice("fd://".length);
  const chosen = wanted === "" || wanted === "*" ? all : all.filter((fd) => String(fd) === wanted);
  if (chosen.length > 0) return chosen;
  throw invalid(`--host ${host}`, "systemd has passed no such socket (LISTEN_PID, LISTEN_FDS)");
}

function listen(server: Server, options: ListenOptions | { readonly fd: number }): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once("error", reject);
  server.listen(options, () => {
    server.off("error", reject);
    resolve();
  });
  return promise;
}

/** The id of a group of /etc/group; undefined when there is none of that name, and the socket stays root's. */
export function groupId(name: string, file = "/etc/group"): number | undefined {
  const line = readFileSync(file, "utf8")
    .split("\n")
    .find((one) => one.startsWith(`${name}:`));
  return line === undefined ? undefined : Number(line.split(":")[2]);
}
