import { invalid } from "../../base/errors.ts";
import { parseFlag } from "../../base/flags.ts";
import type { NetworkRequest } from "../engine.ts";
import type { Parts } from "../parts.ts";

const families = ["ipv4", "ipv6"] as const;

/**
 * A request with the daemon's options for new networks of a driver (dockerd: --default-network-opt). Those that turn a
 * family on or off count where the client leaves that open; where it does not they would only mislead, and are left out.
 */
export function withDefaultOptions(
  { defaults }: { readonly defaults: Pick<Parts["defaults"], "networkOptions"> },
  request: NetworkRequest,
  driver: string,
): NetworkRequest {
  const byDefault = { ...defaults.networkOptions[driver] };
  const given: Partial<Record<(typeof families)[number], boolean>> = {};
  for (const family of families) {
    const name = `com.docker.network.enable_${family}`;
    const text = byDefault[name];
    if (text === undefined) continue;
    if (request.openFamilies?.includes(family)) given[family] = flagOf(name, text);
    else delete byDefault[name];
  }
  return { ...request, ...given, options: { ...byDefault, ...request.options } };
}

function flagOf(name: string, text: string): boolean {
  const flag = parseFlag(text);
  if (flag !== undefined) return flag;
  throw invalid(`--default-network-opt ${name}`, `"${text}" is neither true nor false`);
}
