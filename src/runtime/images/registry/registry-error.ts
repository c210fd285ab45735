import { EngineError } from "../../../base/errors.ts";

/** What a registry answered instead of what was asked for (distribution-spec, "Error Codes"). */
export class RegistryError extends Error {
  override readonly name = "RegistryError";
  readonly status: number;
  /** "MANIFEST_UNKNOWN"; "" when it did not say. */
  readonly code: string;

  private constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }

  static from(registry: string, status: number, body: Buffer): Error {
    const { code, message } = firstError(body);
    const text = code === "" ? `status ${status}` : `${describe(code)}: ${message}`;
    if (status === 401)
      return new EngineError("REGISTRY_UNAUTHORIZED", { registry, why: message || "authentication required" });
    if (status === 404 || status === 403 || code !== "") return new RegistryError(status, code, text);
    return new EngineError("REGISTRY_FAILED", { registry, why: text });
  }
}

/** "manifest unknown" for MANIFEST_UNKNOWN, as Docker words it. */
const describe = (code: string): string => code.toLowerCase().replaceAll("_", " ");

function firstError(body: Buffer): { code: string; message: string } {
  try {
    const { errors } = JSON.parse(body.toString("utf8")) as { errors?: { code?: unknown; message?: unknown }[] };
    return { code: String(errors?.[0]?.code ?? ""), message: String(errors?.[0]?.message ?? "") };
  } catch {
    return { code: "", message: "" }; // a proxy's page: the status says it
  }
}

/** The failure of a pull in Docker's words (moby, distribution/errors.go). */
export function pullFailure(error: unknown, familiar: { name: string; reference: string }): unknown {
  if (!(error instanceof RegistryError)) return error;
  const { code, status, message } = error;
  if (code === "MANIFEST_UNKNOWN") return missing(`manifest for ${familiar.reference} not found: ${message}`, error);
  if (code === "NAME_UNKNOWN" || (code === "" && status === 404))
    return missing(`repository ${familiar.name} not found: ${message}`, error);
  if (code === "DENIED" || status === 403) {
    const why = `pull access denied for ${familiar.name}, repository does not exist or may require 'docker login': ${message}`;
    return missing(why, error);
  }
  return new EngineError("REGISTRY_FAILED", { registry: familiar.name, why: message }, { cause: error });
}

const missing = (why: string, cause: Error) => new EngineError("REGISTRY_NOT_FOUND", { why }, { cause });
