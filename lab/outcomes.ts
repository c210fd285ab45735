import type { Station } from "./topology.ts";

const protocols = ["tcp", "udp"] as const;

/** What a station gets from a port of each address, by address and protocol: the source the server saw, or how it failed. */
export async function outcomes(
  from: Station,
  port: number,
  addresses: readonly string[],
  ask: "ask" | "refused" = "ask",
): Promise<Record<string, string>> {
  const asked = addresses.flatMap((address) =>
    protocols.map(async (protocol) => [`${protocol} ${address}`, await from[ask](protocol, address, port)]),
  );
  return Object.fromEntries(await Promise.all(asked)) as Record<string, string>;
}

/** One expectation for IPv4, one for IPv6, the same for TCP and UDP. */
export const allOf = (addresses: readonly string[], v4: string, v6 = v4): Record<string, string> =>
  Object.fromEntries(
    addresses.flatMap((address) => protocols.map((p) => [`${p} ${address}`, address.includes(":") ? v6 : v4])),
  );
