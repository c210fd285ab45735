import { EngineError } from "../../base/errors.ts";
import type { Log } from "../../base/log.ts";
import type { PluginAnswer, Plugins } from "../../contracts/plugins.ts";
import type { Network, Pool } from "../../model/network.ts";
import type { State } from "../state.ts";
import { AnswerReader } from "./answers.ts";

const verb = (name: string) => `IpamDriver.${name}`;
/** Docker's word for what an address is to be (moby: ipamapi.RequestAddressType, netlabel.Gateway). */
const requestType = "RequestAddressType";
const gatewayType = "com.docker.network.gateway";
const macOption = "com.docker.network.endpoint.macaddress";

/** A pool that is asked for, in Docker's words. */
export interface RemotePoolRequest {
  readonly subnet: string;
  readonly range: string;
  readonly options: Readonly<Record<string, string>>;
  readonly ipv6: boolean;
}

export interface RemotePool {
  readonly poolId: string;
  /** CIDR text. */
  readonly subnet: string;
  readonly space: string;
  readonly data: Readonly<Record<string, string>>;
}

interface Ready {
  readonly space: string;
  /** Whether requests for addresses name the MAC they are for. */
  readonly wantsMac: boolean;
}

interface IpamParts {
  readonly plugins: Plugins;
  readonly state: State;
  readonly log: Log;
}

/**
 * Third parties' address management. A plugin that keeps nothing itself (RequiresRequestReplay) is told once in the life of
 * this daemon what it gave, before it is asked for anything else.
 */
export class RemoteIpam {
  readonly #parts: IpamParts;
  readonly #ready = new Map<string, Promise<Ready>>();

  constructor(parts: IpamParts) {
    this.#parts = parts;
  }

  /** Activates it, tells it what it gave if it wants to be told, and says what it is like. */
  ready(plugin: string): Promise<Ready> {
    const known = this.#ready.get(plugin);
    if (known) return known;
    const asking = this.#open(plugin);
    this.#ready.set(plugin, asking);
    asking.catch(() => this.#ready.delete(plugin)); // the next one asks again
    return asking;
  }

  /** A pool of the plugin's default address space. */
  async requestPool(plugin: string, wanted: RemotePoolRequest): Promise<RemotePool> {
    const { space } = await this.ready(plugin);
    return this.#askPool(plugin, space, wanted);
  }

  /** CIDR text. `address`: the one wanted, or none at all; `mac`: of whom it is for. */
  async requestAddress(
    plugin: string,
    poolId: string,
    what: { readonly address?: string | undefined; readonly gateway?: boolean; readonly mac?: string | undefined },
  ): Promise<string> {
    const { wantsMac } = await this.ready(plugin);
    const Options = {
      ...(what.gateway ? { [requestType]: gatewayType } : {}),
      ...(wantsMac && what.mac ? { [macOption]: what.mac } : {}),
    };
    const reader = await this.#ask(plugin, "RequestAddress", {
      PoolID: poolId,
      Address: what.address ?? "",
      Options,
    });
    const family = what.address === undefined ? undefined : familyOf(what.address);
    const address = reader.cidr("Address", family);
    if (address === undefined) throw reader.refuse("it has no address");
    if (what.address !== undefined && address.split("/")[0] !== what.address)
      throw reader.refuse(`${what.address} was asked for, and it gives ${address}`);
    return address;
  }

  /** Options of a network that a plugin gives addresses of may name MACs. */
  async wantsMac(plugin: string): Promise<boolean> {
    return (await this.ready(plugin)).wantsMac;
  }

  async #open(plugin: string): Promise<Ready> {
    const { plugins } = this.#parts;
    await plugins.activate(plugin, "IpamDriver");
    const capabilities = await this.#capabilities(plugin);
    const spaces = await this.#ask(plugin, "GetDefaultAddressSpaces", {});
    const space = spaces.text("LocalDefaultAddressSpace");
    if (capabilities.flag("RequiresRequestReplay")) {
      const networks = [...this.#parts.state.networks.values()].filter(
        ({ ipamDriver, configOnly }) => ipamDriver === plugin && !configOnly,
      );
      for (const network of networks) {
        await this.#tolerate(plugin, network, () => this.#replay(plugin, space, network));
      }
    }
    return { space, wantsMac: capabilities.flag("RequiresMACAddress") };
  }

  /** Plugins of before Docker 1.10 do not have the verb: then nothing is required. */
  async #capabilities(plugin: string): Promise<AnswerReader> {
    const name = verb("GetCapabilities");
    return new AnswerReader(plugin, name, (await this.#parts.plugins.call(plugin, name, {})) ?? {});
  }

  async #replay(plugin: string, space: string, network: Network): Promise<void> {
    const endpoints = this.#parts.state.endpointsOn(network.id);
    for (const pool of network.pools) {
      const { remote, subnet, range = "", gateway, aux } = pool;
      if (!remote) continue;
      const ipv6 = subnet.includes(":");
      const wanted = { subnet, range, options: network.ipamOptions, ipv6 };
      const { poolId } = await this.#askPool(plugin, space, wanted);
      if (poolId !== remote.id)
        throw new EngineError("PLUGIN_ANSWER", {
          plugin,
          verb: verb("RequestPool"),
          why: `pool ${subnet} was ${remote.id}, and is ${poolId} now`,
        });
      const again = (address: string, Options: object) =>
        this.#tolerate(plugin, network, () =>
          this.#ask(plugin, "RequestAddress", { PoolID: poolId, Address: address, Options }),
        );
      if (gateway && remote.gateway) await again(gateway, { [requestType]: gatewayType });
      for (const address of Object.values(aux)) await again(address, {});
      for (const { ipv4, ipv6: six, mac } of endpoints) {
        const address = (ipv6 ? six : ipv4)?.split("/")[0];
        if (address) await again(address, mac ? { [macOption]: mac } : {});
      }
    }
  }

  /** What it refuses is logged, and the rest goes on; one that is away has to hear all of it again, before anything else. */
  async #tolerate(plugin: string, network: Network, asking: () => Promise<unknown>): Promise<void> {
    try {
      await asking();
    } catch (err) {
      if (err instanceof EngineError && err.code === "PLUGIN_AWAY") throw err;
      this.#parts.log.error({ err, plugin, network: network.name }, "an IPAM plugin does not give again what it gave");
    }
  }

  async #askPool(plugin: string, space: string, wanted: RemotePoolRequest): Promise<RemotePool> {
    const { subnet, range, options, ipv6 } = wanted;
    const reader = await this.#ask(plugin, "RequestPool", {
      AddressSpace: space,
      Pool: subnet,
      SubPool: range,
      Options: options,
      V6: ipv6,
    });
    const pool = reader.cidr("Pool", ipv6 ? 6 : 4);
    const poolId = reader.text("PoolID");
    if (pool === undefined || poolId === "") throw reader.refuse("a pool has a PoolID and a Pool");
    return { poolId, subnet: pool, space, data: reader.texts("Data") ?? {} };
  }

  async #ask(plugin: string, name: string, body: object): Promise<AnswerReader> {
    const answer: PluginAnswer | undefined = await this.#parts.plugins.call(plugin, verb(name), body);
    if (answer) return new AnswerReader(plugin, verb(name), answer);
    throw new EngineError("PLUGIN_FAILED", { plugin, verb: verb(name), words: "it does not have this verb (404)" });
  }
}

const familyOf = (address: string): 4 | 6 => (address.includes(":") ? 6 : 4);

/** What is to be known of a pool to ask it for addresses. */
export const remotePoolOf = ({ pools }: Pick<Network, "pools">, family: 4 | 6): Pool | undefined =>
  pools.find(({ subnet, remote }) => remote !== undefined && subnet.includes(":") === (family === 6));
