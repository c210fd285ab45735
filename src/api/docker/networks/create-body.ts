import { type Static, Type } from "@sinclair/typebox";
import { EngineError, invalid } from "../../../base/errors.ts";
import { parseFlag } from "../../../base/flags.ts";
import type { NetworkRequest } from "../../../engine/engine.ts";
import { Refusal } from "../../refusal.ts";
import { field, flag, text, textMap } from "../../schema.ts";
import { validatePools, withoutHostBits } from "./validate-pools.ts";

const poolConfig = Type.Object({
  Subnet: field(text),
  IPRange: field(text),
  Gateway: field(text),
  AuxiliaryAddresses: field(textMap),
});

/** Docker's network.CreateRequest. CheckDuplicate, which old clients send, has been without effect since 1.44. */
export const networkCreateBody = Type.Object({
  Name: field(text),
  Driver: field(text),
  Scope: field(text),
  Internal: field(flag),
  Attachable: field(flag),
  Ingress: field(flag),
  ConfigOnly: field(flag),
  ConfigFrom: field(Type.Object({ Network: field(text) })),
  EnableIPv4: field(flag),
  EnableIPv6: field(flag),
  IPAM: field(
    Type.Object({
      Driver: field(text),
      Options: field(textMap),
      Config: field(Type.Array(poolConfig, { maxItems: 1000 })),
    }),
  ),
  Options: field(textMap),
  Labels: field(textMap),
});

type Body = Static<typeof networkCreateBody>;
export type PoolBody = Static<typeof poolConfig>;

/** The model's words for a create body. */
export function networkRequest(body: Body, version: number): NetworkRequest {
  refuseSwarm(body);
  refuseScope(body);
  const ipamDriver = body.IPAM?.Driver || "default";
  // EnableIPv4 came with 1.48; older clients always mean IPv4.
  const ipv4 = (version < 48 ? undefined : body.EnableIPv4) ?? familyOption(body, "ipv4");
  const ipv6 = body.EnableIPv6 ?? familyOption(body, "ipv6");
  const given = body.IPAM?.Config ?? [];
  // Others' pools are theirs to judge, word for word.
  const pools = ipv6 === undefined && ipamDriver === "default" ? given.map(withoutSixBits) : given;
  // With "dhcp" no pool may be given at all, which the engine says.
  if (ipamDriver !== "dhcp") validatePools(pools);
  // Who gives a subnet of IPv6 and says nothing else of it wants it. Docker leaves it without effect.
  const sixByPool = pools.some((pool) => isSix(pool?.Subnet));
  const openFamilies = [
    ...(ipv4 === undefined ? ["ipv4" as const] : []),
    ...(ipv6 === undefined && !sixByPool ? ["ipv6" as const] : []),
  ];
  const configFrom = body.ConfigFrom?.Network ?? "";
  return {
    name: body.Name ?? "",
    driver: body.Driver || "bridge",
    internal: body.Internal ?? false,
    attachable: body.Attachable ?? false,
    ipv4: ipv4 ?? true,
    ipv6: ipv6 ?? sixByPool,
    ...(openFamilies.length > 0 ? { openFamilies } : {}),
    ipamDriver,
    ipamOptions: body.IPAM?.Options ?? {},
    ...(body.IPAM?.Options ? {} : { noIpamOptions: true as const }),
    pools: pools.map(poolRequest).filter((pool) => pool !== undefined),
    options: body.Options ?? {},
    labels: body.Labels ?? {},
    configOnly: body.ConfigOnly ?? false,
    ...(configFrom === "" ? {} : { configFrom }),
  };
}

/** Docker takes the families as options of the driver, too; what the body says itself comes first. */
function familyOption({ Options: options }: Body, family: "ipv4" | "ipv6"): boolean | undefined {
  const name = `com.docker.network.enable_${family}`;
  const text = options?.[name];
  if (text === undefined) return undefined;
  const flag = parseFlag(text);
  if (flag !== undefined) return flag;
  throw invalid(`option "${name}"`, `"${text}" is neither true nor false`);
}

const isSix = (subnet: string | null | undefined): boolean => subnet?.includes(":") ?? false;

/** Docker does not look at such a subnet, so that host bits in it are no error. */
const withoutSixBits = (pool: PoolBody): PoolBody =>
  pool?.Subnet && isSix(pool.Subnet) ? { ...pool, Subnet: withoutHostBits(pool.Subnet) } : pool;

/** A pool that names nothing (the CLI sends one for --aux-address alone and old clients by habit) asks for nothing. */
function poolRequest(config: Static<typeof poolConfig>) {
  const { Subnet: subnet, IPRange: range, Gateway: gateway, AuxiliaryAddresses: aux } = config ?? {};
  if (!subnet && !range && !gateway && Object.keys(aux ?? {}).length === 0) return undefined;
  return {
    ...(subnet ? { subnet } : {}),
    ...(range ? { range } : {}),
    ...(gateway ? { gateway } : {}),
    aux: aux ?? {},
  };
}

function refuseSwarm(body: Body): void {
  const network = body.Name ?? "";
  if (body.Ingress) {
    throw new EngineError("NETWORK_REFUSED", {
      network,
      why: "an ingress network belongs to a swarm, which this daemon has none of",
    });
  }
}

/** The driver decides: overlays are the cluster's, everything else is its host's. */
function refuseScope({ Scope: scope, Driver: driver }: Body): void {
  if (!scope) return;
  const given = driver === "overlay" ? "global" : "local";
  if (scope === given) return;
  if (scope === "swarm") throw new Refusal(403, "cannot create a swarm scoped network when swarm is not active");
  const hint = scope === "global" ? '; use driver "overlay" for one that all hosts of the cluster have' : "";
  throw invalid("Scope", `"${scope}" is not offered: a network of driver "${driver || "bridge"}" is ${given}${hint}`);
}
