import { EngineError } from "../../base/errors.ts";
import type { Rollback } from "../../base/rollback.ts";
import { isRemoteIpam, type Network } from "../../model/network.ts";
import type { Claim } from "../../model/plugin.ts";
import type { Parts } from "../parts.ts";
import { AnswerReader } from "./answers.ts";
import { ipamData, networkOptions } from "./options.ts";
import { endpointClaim } from "./plugging.ts";
import { poolClaims } from "./remote-pools.ts";

type NetworkParts = Pick<Parts, "plugins" | "claims" | "log">;

const verb = (name: string) => `NetworkDriver.${name}`;
const networkClaim = (id: string): string => `network/${id}`;

/** What a network driver says of itself, when it is to make a network. Throws when it is none, or says nonsense. */
export async function openNetworkDriver(
  { plugins, log }: NetworkParts,
  plugin: string,
): Promise<{ checksGateways: boolean }> {
  await plugins.activate(plugin, "NetworkDriver");
  const name = verb("GetCapabilities");
  const reader = new AnswerReader(plugin, name, (await plugins.call(plugin, name, {})) ?? {});
  const scope = reader.text("Scope");
  for (const value of [scope, reader.text("ConnectivityScope") || scope])
    if (!["local", "global"].includes(value))
      throw reader.refuse(`invalid capability: expecting 'local' or 'global', got ${value || "nothing"}`);
  if (scope === "global")
    log.info({ plugin }, "the plugin shares its networks between hosts itself: make them on each host");
  return { checksGateways: reader.flag("GwAllocChecker") };
}

/** Families in which an address of the gateway is to be had of the pools: all, unless the plugin wants none. */
export async function gatewayFamilies(
  { plugins }: NetworkParts,
  network: Network,
  { checksGateways }: { checksGateways: boolean },
): Promise<(4 | 6)[]> {
  if (!checksGateways) return [4, 6];
  const [plugin, name] = [network.driver, verb("GwAllocCheck")];
  const answer = (await plugins.call(plugin, name, { Options: networkOptions(network) })) ?? {};
  const reader = new AnswerReader(plugin, name, answer);
  return [...(reader.flag("SkipIPv4") ? [] : [4 as const]), ...(reader.flag("SkipIPv6") ? [] : [6 as const])];
}

/** Has the plugin make a network that has its pools. */
export async function createAtPlugin(
  { plugins, claims }: NetworkParts,
  network: Network,
  rollback: Rollback,
): Promise<void> {
  const { id, driver: plugin, name } = network;
  const undo = [{ verb: verb("DeleteNetwork"), body: { NetworkID: id } }];
  const claim: Claim = { id: networkClaim(id), plugin, owner: id, what: `network ${name}`, undo };
  claims.write(claim);
  rollback.onFailure(`network ${name} at plugin ${plugin}`, () => claims.giveBack(claim.id));
  try {
    const answer = await plugins.call(plugin, verb("CreateNetwork"), {
      NetworkID: id,
      Options: networkOptions(network),
      IPv4Data: ipamData(network, 4),
      IPv6Data: ipamData(network, 6),
    });
    if (!answer)
      throw new EngineError("PLUGIN_FAILED", {
        plugin,
        verb: verb("CreateNetwork"),
        words: "it does not have this verb (404)",
      });
  } catch (error) {
    if (error instanceof EngineError && error.code === "PLUGIN_FAILED") claims.drop(claim.id);
    throw error;
  }
}

/**
 * Has the plugin remove a network, before it is removed here: if the plugin refuses or does not answer, it stays. Without a
 * claim the plugin has removed it already. One that is not installed any more keeps nobody from removing what is left here;
 * should it come back, it is told.
 */
export async function removeAtPlugin(parts: Parts, network: Network): Promise<void> {
  const { plugins, claims, state, log } = parts;
  const { id, driver: plugin } = network;
  await claims.settled(...state.endpointsOn(id).map((endpoint) => endpointClaim(endpoint.id)));
  const claim = state.claims.get(networkClaim(id));
  if (!claim || !plugins.isInstalled(plugin)) return;
  claims.write({ ...claim, asked: true });
  try {
    await plugins.call(plugin, verb("DeleteNetwork"), { NetworkID: id });
  } catch (err) {
    const refused = err instanceof EngineError && err.code === "PLUGIN_FAILED";
    if (refused && !claim.asked) claims.write(claim);
    if (!refused || !claim.asked) throw err;
    log.warn(
      { err, plugin, network: network.name },
      "a plugin that was told before to remove a network does not: taken for removed",
    );
  }
  claims.drop(networkClaim(id));
}

/** Whether the plugin has removed a network that is still here: its removal was cut short. */
export const isHalfRemoved = ({ drivers, state }: Pick<Parts, "drivers" | "state">, network: Network): boolean =>
  drivers.find(network.driver).remote === true && !network.configOnly && !state.claims.has(networkClaim(network.id));

/** What a network that has gone here still has at plugins. Never throws. */
export async function giveNetworkBack({ claims }: Pick<Parts, "claims">, network: Network): Promise<void> {
  await claims.giveBack(networkClaim(network.id), ...poolClaims(network));
}

/** Whether plugins have a part in a network. */
export const involvesPlugins = ({ drivers }: Pick<Parts, "drivers">, network: Network): boolean =>
  !network.configOnly && (isRemoteIpam(network) || drivers.find(network.driver).remote === true);
