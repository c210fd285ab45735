import { invalid } from "../../../base/errors.ts";
import type { Platform } from "../../../model/platform.ts";
import type { Call } from "../../route.ts";

/**
 * ?platform= of the image routes, an OCI platform as JSON. `since` is the minor version of the API that brought it to the
 * route: it says nothing in older ones. The rules are Docker's (moby, api/server/httputils/form.go).
 */
export function platformQuery({ query, version }: Call, since: number): Platform | undefined {
  const text = query.text("platform");
  return text === "" || version < since ? undefined : decodePlatform(text);
}

function decodePlatform(text: string): Platform {
  const { os, architecture, variant } = parse(text);
  const known = [os, architecture, variant ?? ""].every((one) => typeof one === "string");
  if (!known || !os || !architecture)
    throw invalid("platform", `${text}: both os and architecture must be provided, as text`);
  return { os, architecture, ...(variant ? { variant } : {}) } as Platform;
}

function parse(text: string): Readonly<Record<string, unknown>> {
  try {
    return (JSON.parse(text) ?? {}) as Readonly<Record<string, unknown>>;
  } catch (cause) {
    throw invalid("platform", `failed to parse ${text}: ${(cause as Error).message}`);
  }
}
