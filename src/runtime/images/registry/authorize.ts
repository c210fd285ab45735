import { EngineError } from "../../../base/errors.ts";
import type { RegistryCredentials } from "../../../contracts/images.ts";
import type { Challenge } from "./challenge.ts";
import { bodyOf, send } from "./http.ts";

export interface AuthorizeOptions {
  readonly registry: string;
  readonly credentials: RegistryCredentials;
  readonly insecure: boolean;
  readonly signal: AbortSignal;
}

const clientId = "fairlead";

/** The value of Authorization that answers a challenge; undefined when there is nothing to answer with. */
export async function authorize(
  challenge: Challenge,
  scope: string,
  options: AuthorizeOptions,
): Promise<string | undefined> {
  const { credentials } = options;
  if (credentials.registryToken) return `Bearer ${credentials.registryToken}`;
  if (challenge.scheme === "basic") return basic(credentials);
  return `Bearer ${await token(challenge, scope, options)}`;
}

const basic = ({ username, password }: RegistryCredentials): string | undefined =>
  username ? `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}` : undefined;

/** distribution, "Token Authentication Specification": GET with a name and a password, POST with a refresh token. */
async function token(challenge: Challenge, scope: string, options: AuthorizeOptions): Promise<string> {
  const { credentials, registry, insecure, signal } = options;
  const url = realmOf(challenge, registry);
  const parameters = new URLSearchParams({ service: challenge.service, client_id: clientId });
  if (scope !== "") parameters.set("scope", scope);
  const request = credentials.identityToken
    ? refresh(url, parameters, credentials.identityToken)
    : ask(url, parameters, credentials);
  const answer = await send({ ...request, insecure, signal });
  const body = await bodyOf(answer);
  const { token: given, access_token: access } = parsed(body);
  if (answer.statusCode === 200 && (given ?? access)) return String(given ?? access);
  throw new EngineError("REGISTRY_UNAUTHORIZED", { registry, why: "incorrect username or password" });
}

function ask(url: URL, parameters: URLSearchParams, credentials: RegistryCredentials) {
  const asked = new URL(url);
  for (const [name, value] of parameters) asked.searchParams.set(name, value);
  if (credentials.username) asked.searchParams.set("account", credentials.username);
  const header = basic(credentials);
  return { method: "GET", url: asked, headers: header ? { Authorization: header } : ({} as Record<string, string>) };
}

function refresh(url: URL, parameters: URLSearchParams, identityToken: string) {
  const form = new URLSearchParams(parameters);
  form.set("grant_type", "refresh_token");
  form.set("refresh_token", identityToken);
  const headers = { "Content-Type": "application/x-www-form-urlencoded" };
  return { method: "POST", url, headers, body: Buffer.from(form.toString()) };
}

function realmOf({ realm }: Challenge, registry: string): URL {
  if (/^https?:\/\//.test(realm) && URL.canParse(realm)) return new URL(realm);
  throw new EngineError("REGISTRY_FAILED", { registry, why: `it sends clients to "${realm}" for a token` });
}

function parsed(body: Buffer): { token?: unknown; access_token?: unknown } {
  try {
    return (JSON.parse(body.toString("utf8")) ?? {}) as { token?: unknown };
  } catch {
    return {}; // told by the status
  }
}
