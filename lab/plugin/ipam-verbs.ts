import type { Body, PluginState, Verbs } from "./protocol.ts";

/** IpamDriver of the plugin: IPv4 /24s, 10.99.N.0 unless one is asked for, addresses counted up from .1. */
export const ipamVerbs: Verbs = {
  "IpamDriver.GetCapabilities": () => ({ RequiresMACAddress: false, RequiresRequestReplay: true }),
  "IpamDriver.GetDefaultAddressSpaces": () => ({
    LocalDefaultAddressSpace: "lab-local",
    GlobalDefaultAddressSpace: "lab-global",
  }),
  "IpamDriver.RequestPool": requestPool,
  "IpamDriver.ReleasePool": releasePool,
  "IpamDriver.RequestAddress": requestAddress,
  "IpamDriver.ReleaseAddress": releaseAddress,
};

const text = (body: Body, field: string): string => String(body[field] ?? "");

function requestPool(body: Body, { pools }: PluginState): Body {
  if (body["V6"] === true) throw new Error("IPv6 is not offered");
  const wanted = text(body, "Pool");
  const used = new Set(Object.values(pools).map(({ subnet }) => subnet));
  const free = Array.from({ length: 250 }, (_, n) => `10.99.${n}.0/24`).find((subnet) => !used.has(subnet)) ?? "";
  const subnet = wanted || free;
  const id = `pool-${subnet}`;
  pools[id] ??= { subnet, taken: [] };
  return { PoolID: id, Pool: subnet, Data: { made: "by the lab" } };
}

function releasePool(body: Body, { pools }: PluginState): Body {
  const id = text(body, "PoolID");
  if (!pools[id]) throw new Error(`no pool ${id}`);
  delete pools[id];
  return {};
}

function requestAddress(body: Body, { pools }: PluginState): Body {
  const pool = pools[text(body, "PoolID")];
  if (!pool) throw new Error(`no pool ${text(body, "PoolID")}`);
  const [network = "", length = "24"] = pool.subnet.split("/");
  const prefix = network.replace(/\.\d+$/, "");
  const counted = Array.from({ length: 253 }, (_, n) => `${prefix}.${n + 1}`).find((one) => !pool.taken.includes(one));
  const address = text(body, "Address") || (counted ?? "");
  if (pool.taken.includes(address)) throw new Error(`${address} is taken`);
  pool.taken.push(address);
  return { Address: `${address}/${length}`, Data: {} };
}

function releaseAddress(body: Body, { pools }: PluginState): Body {
  const pool = pools[text(body, "PoolID")];
  const address = text(body, "Address");
  if (!pool?.taken.includes(address)) throw new Error(`${address} is not taken`);
  pool.taken = pool.taken.filter((one) => one !== address);
  return {};
}
