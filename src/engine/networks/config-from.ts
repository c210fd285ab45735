import { EngineError } from "../../base/errors.ts";
import type { Network } from "../../model/network.ts";
import type { NetworkRequest } from "../engine.ts";
import type { State } from "../state.ts";

/** The network that --config-from names: by name alone, as Docker looks it up. */
export function findConfig(state: State, name: string): Network {
  const found = state.networkNamed(name);
  if (found) return found;
  throw new EngineError("CONFIG_NOT_FOUND", { network: name });
}

/** A request completed from a config-only network (docker: --config-from): it brings everything but name and driver; labels of its own win. */
export function withConfig(request: NetworkRequest, config: Network): NetworkRequest {
  const refuse = (why: string) => new EngineError("NETWORK_REFUSED", { network: request.name, why });
  if (!config.configOnly) throw new EngineError("CONFIG_NOT_FOUND", { network: config.name });
  if (request.configOnly) throw refuse("a configuration network cannot depend on another configuration network");
  if (request.pools.length > 0)
    throw refuse("user specified configurations are not supported if the network depends on a configuration network");
  if (Object.keys(request.options).length > 0)
    throw refuse("network driver options are not supported if the network depends on a configuration network");
  return {
    ...request,
    internal: request.internal || config.internal,
    attachable: request.attachable || config.attachable,
    ipv4: config.ipv4,
    ipv6: config.ipv6,
    openFamilies: [],
    ipamDriver: config.ipamDriver,
    ipamOptions: config.ipamOptions,
    ...(config.noIpamOptions ? { noIpamOptions: config.noIpamOptions } : {}),
    pools: config.pools.map(({ subnet, ...pool }) => (subnet ? { ...pool, subnet } : pool)),
    options: config.options,
    labels: { ...config.labels, ...request.labels },
    configFrom: config.name,
  };
}
