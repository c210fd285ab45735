import { isAbsolute } from "node:path";

/** Where the daemon listens, and how the user wrote it. */
export type Address =
  | { readonly kind: "unix"; readonly path: string; readonly text: string }
  | { readonly kind: "tcp"; readonly host: string; readonly port: number; readonly text: string };

export const defaultHost = "unix:///run/fairlead/fairlead.sock";

/** Docker's port without TLS. */
const defaultPort = 2375;

/** Reads unix://PATH or tcp://HOST:PORT; throws a plain Error that names what is wrong. */
export function parseAddress(text: string): Address {
  if (text.startsWith("unix://")) {
    const path = text.slice("unix://".length);
    if (isAbsolute(path)) return { kind: "unix", path, text };
    throw new Error(`invalid host "${text}": the path of the socket must be absolute, as in ${defaultHost}`);
  }
  const tcp = /^tcp:\/\/(\[[^\]]+\]|[^:/[\]]+)(?::(\d{1,5}))?\/?$/.exec(text);
  const port = Number(tcp?.[2] ?? defaultPort);
  if (!tcp?.[1] || port < 1 || port > 65_535) {
    throw new Error(`invalid host "${text}": it must be unix://PATH or tcp://HOST:PORT`);
  }
  return { kind: "tcp", host: tcp[1].replace(/^\[|\]$/g, ""), port, text };
}
