import { readFileSync } from "node:fs";
import { invalid } from "../base/errors.ts";

/** Where a plugin listens. */
export interface PluginAddress {
  readonly scheme: "unix" | "http" | "https";
  /** Path of the socket. */
  readonly socketPath?: string;
  readonly host?: string;
  readonly port?: number;
  /** What comes before the verb: the path of an http URL. */
  readonly prefix: string;
  readonly tls?: TlsFiles;
}

/** TLSConfig of a .json specification. */
interface TlsFiles {
  readonly insecure: boolean;
  readonly caFile: string;
  readonly certFile: string;
  readonly keyFile: string;
}

/** unix:///PATH, tcp://HOST:PORT, http(s)://HOST:PORT. Throws INVALID naming the file it is in. */
export function parseAddress(text: string, file: string, tls?: TlsFiles): PluginAddress {
  const wrong = invalid(
    `plugin specification ${file}`,
    `"${text}" is none of unix:///PATH, tcp://HOST:PORT, http://HOST:PORT, https://HOST:PORT`,
  );
  if (!URL.canParse(text)) throw wrong;
  const { protocol, hostname, port, pathname } = new URL(text);
  if (protocol === "unix:" && hostname === "" && pathname.length > 1)
    return { scheme: "unix", socketPath: decodeURIComponent(pathname), prefix: "" };
  if (!["tcp:", "http:", "https:"].includes(protocol) || hostname === "") throw wrong;
  const scheme = protocol === "https:" || tls !== undefined ? "https" : "http";
  return {
    scheme,
    host: hostname.replace(/^\[|\]$/g, ""),
    port: Number(port) || (scheme === "https" ? 443 : 80),
    prefix: pathname.replace(/\/$/, ""),
    ...(tls ? { tls } : {}),
  };
}

/** NAME.spec: the address alone. */
export const readSpec = (file: string): PluginAddress => parseAddress(readFileSync(file, "utf8").trim(), file);

/** NAME.json: {"Name", "Addr", "TLSConfig": {"InsecureSkipVerify", "CAFile", "CertFile", "KeyFile"}}. */
export function readJsonSpec(file: string): PluginAddress {
  const { Addr, TLSConfig } = parseObject(file);
  if (typeof Addr !== "string") throw invalid(`plugin specification ${file}`, `it has no text "Addr"`);
  return parseAddress(Addr, file, TLSConfig ? tlsFiles(TLSConfig as Record<string, unknown>) : undefined);
}

function parseObject(file: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(readFileSync(file, "utf8"));
    if (typeof value === "object" && value !== null) return value as Record<string, unknown>;
  } catch (cause) {
    throw invalid(`plugin specification ${file}`, cause instanceof Error ? cause.message : String(cause));
  }
  throw invalid(`plugin specification ${file}`, "it is no JSON object");
}

/** Without an authority to check against there is nothing to verify (moby: readPluginJSONInfo). */
function tlsFiles(config: Record<string, unknown>): TlsFiles {
  const text = (value: unknown) => (typeof value === "string" ? value : "");
  const caFile = text(config["CAFile"]);
  return {
    caFile,
    certFile: text(config["CertFile"]),
    keyFile: text(config["KeyFile"]),
    insecure: config["InsecureSkipVerify"] === true || caFile === "",
  };
}
