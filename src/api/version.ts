import type { IncomingMessage } from "node:http";
import { EngineError } from "../base/errors.ts";

/** Versions of the Docker Engine API that are spoken. A request without a prefix gets the newest. */
export const newestVersion = "1.51";
export const oldestVersion = "1.24";

/** An API version as its minor number: 1.44 is 44. The major number has been 1 since 2013. */
export type ApiVersion = number;

const minor = (version: string): ApiVersion => Number(version.split(".")[1]);
const versions = new WeakMap<IncomingMessage, string>();

/** Takes "/v1.NN" off a request's path and remembers it for versionOf(). Called before routing. */
export function stripVersion(request: IncomingMessage): string {
  const url = request.url ?? "/";
  const [, version, rest] = /^\/v(\d{1,4}\.\d{1,4})(\/.*)$/s.exec(url) ?? [];
  if (version === undefined || rest === undefined) return url;
  versions.set(request, version);
  return rest;
}

/** The version a request asked for; checkVersion() has accepted it. */
export function versionOf(request: IncomingMessage): ApiVersion {
  return minor(versions.get(request) ?? newestVersion);
}

/** Refuses versions outside the range, in Docker's words, which its clients look for. */
export function checkVersion(request: IncomingMessage): void {
  const asked = versions.get(request);
  if (asked === undefined) return;
  const major = Number(asked.split(".")[0]);
  if (major < 1 || (major === 1 && minor(asked) < minor(oldestVersion))) throw new VersionError(asked, "old");
  if (major > 1 || minor(asked) > minor(newestVersion)) throw new VersionError(asked, "new");
}

/** A version prefix out of range; its text is Docker's. */
export class VersionError extends EngineError<"INVALID"> {
  constructor(asked: string, which: "old" | "new") {
    super("INVALID", { what: "API version", why: asked });
    this.message =
      which === "old"
        ? `client version ${asked} is too old. Minimum supported API version is ${oldestVersion}, please upgrade your client to a newer version`
        : `client version ${asked} is too new. Maximum supported API version is ${newestVersion}`;
  }
}
