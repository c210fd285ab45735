import { isRemoteIpam } from "../../model/network.ts";
import type { Claim } from "../../model/plugin.ts";
import { removeNetwork } from "../networks/remove.ts";
import type { Parts } from "../parts.ts";
import { isHalfRemoved } from "./remote-networks.ts";

/**
 * Takes up with plugins again after the daemon was away: what nobody has any more is given back, and plugins that keep
 * nothing are told what they gave. Waits for none of them.
 */
export function resumePlugins(parts: Parts): void {
  const { claims, remoteIpam, state, log } = parts;
  void finishRemovals(parts);
  parts.nodeNews.follow();
  claims.audit((claim) => hasOwner(parts, claim));
  const inUse = [...state.networks.values()].filter((network) => !network.configOnly && isRemoteIpam(network));
  for (const plugin of new Set(inUse.map(({ ipamDriver }) => ipamDriver)))
    remoteIpam
      .ready(plugin)
      .catch((err: unknown) =>
        log.warn(
          { err, plugin },
          "an IPAM plugin is not there: networks that have addresses of it cannot give any now",
        ),
      );
}

/** Of networks that their plugins have removed already. Never throws: one that stays does not keep the others. */
async function finishRemovals(parts: Parts): Promise<void> {
  for (const network of [...parts.state.networks.values()].filter((each) => isHalfRemoved(parts, each)))
    await removeNetwork(parts, network.id).catch((err: unknown) =>
      parts.log.error(
        { err, network: network.name },
        "cannot finish the removal of a plugin's network: remove it again",
      ),
    );
}

/** Endpoints at plugins are there for open sandboxes; addresses, pools and networks for their records. */
function hasOwner({ state, sandboxes }: Parts, { id, owner }: Claim): boolean {
  const [kind] = id.split("/");
  if (kind === "network" || kind === "pool") return state.networks.has(owner);
  const endpoint = state.endpoints.get(owner);
  if (!endpoint || kind !== "endpoint") return endpoint !== undefined;
  const sandbox = sandboxes.get(endpoint.containerId);
  return sandbox?.attachments.some((each) => each.endpoint.id === owner && each.endpoint.plugged) ?? false;
}
