import type { RegistryCredentials } from "../../../contracts/images.ts";
import type { Call } from "../../route.ts";

/** X-Registry-Auth: base64url of a JSON object. What cannot be read is nobody, as in Docker. */
export function credentialsOf({ request }: Pick<Call, "request">): RegistryCredentials {
  const header = request.headers["x-registry-auth"];
  return typeof header === "string" ? decodeCredentials(header) : {};
}

export function decodeCredentials(header: string): RegistryCredentials {
  try {
    return fromAuthConfig(JSON.parse(Buffer.from(header, "base64url").toString("utf8")));
  } catch {
    return {}; // the registry then says what is missing
  }
}

/** Docker's registry.AuthConfig; `auth` is "user:password" in base64. */
export function fromAuthConfig(value: unknown): RegistryCredentials {
  const config = (value ?? {}) as Readonly<Record<string, unknown>>;
  const text = (key: string): string => (typeof config[key] === "string" ? config[key] : "");
  const [, user = "", secret = ""] = /^([^:]*):(.*)$/s.exec(Buffer.from(text("auth"), "base64").toString("utf8")) ?? [];
  const found = {
    username: text("username") || user,
    password: text("password") || secret,
    identityToken: text("identitytoken"),
    registryToken: text("registrytoken"),
  };
  return Object.fromEntries(Object.entries(found).filter(([, one]) => one !== ""));
}
