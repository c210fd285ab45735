import { readFileSync, statSync, unwatchFile, watchFile } from "node:fs";
import { parseResolvConf, type ResolvConf } from "./resolv-conf.ts";

const none: ResolvConf = { nameservers: [], search: [], options: [] };
/** How soon a change of the host's name servers reaches running containers. */
const pollMs = 2_000;

/** The host's resolver configuration, read again whenever the file has changed. */
export class HostResolvConf {
  readonly #path: string;
  #version = "";
  #conf = none;

  constructor(path = "/etc/resolv.conf") {
    this.#path = path;
  }

  /** Empty when there is no such file. */
  current(): ResolvConf {
    const stat = statSync(this.#path, { bigint: true, throwIfNoEntry: false });
    const version = stat ? `${stat.dev} ${stat.ino} ${stat.size} ${stat.mtimeNs}` : "";
    if (version !== this.#version) {
      this.#conf = stat ? parseResolvConf(readFileSync(this.#path, "utf8")) : none;
      this.#version = version;
    }
    return this.#conf;
  }

  /**
   * Calls `onChange` after a change. Polled: the file is often a symbolic link that is replaced, or whose target is, and
   * inotify would have to follow every step of it.
   */
  watch(onChange: (conf: ResolvConf) => void, onError: (error: unknown) => void): Disposable {
    const listener = () => {
      try {
        onChange(this.current());
      } catch (error) {
        onError(error); // a file that is just being replaced, a loop of links: what was read last counts
      }
    };
    watchFile(this.#path, { persistent: false, interval: pollMs }, listener);
    return {
      [Symbol.dispose]: () => unwatchFile(this.#path, listener),
    };
  }
}
