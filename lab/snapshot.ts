/** What a snapshot needs of the host it is taken of. */
export interface Subject {
  readonly folder: string;
  run(...argv: string[]): Promise<string>;
  json<T = Record<string, unknown>[]>(...argv: string[]): Promise<T>;
}

/** Everything networking keeps in a kernel, by kind; made for comparing. */
export interface Snapshot {
  readonly links: unknown;
  readonly addresses: unknown;
  readonly routes: unknown;
  readonly rules: unknown;
  readonly neighbours: unknown;
  readonly nftables: unknown;
  readonly namespaces: readonly string[];
}

/** Numbers the kernel counts up or down by itself, gives out anew each time, or takes from members that came and went. */
const volatile =
  /^(ifindex|operstate|tso_max_.*|link_index|link_netnsid|handle|packets|bytes|metainfo|expires|promiscuity|allmulti|.*_timer|(valid|preferred)_life_time)$/;

export async function takeSnapshot(host: Subject): Promise<Snapshot> {
  const { nftables } = await host.json<{ nftables: unknown[] }>("nft", "-j", "list", "ruleset");
  return {
    links: await list(host, "link"),
    addresses: await list(host, "addr"),
    routes: [
      await list(host, "-4", "route", "show", "table", "all"),
      (await list(host, "-6", "route", "show", "table", "all")).filter((route) => !isOwn(route)),
    ],
    rules: [await list(host, "-4", "rule"), await list(host, "-6", "rule")],
    // What was asked for, not what traffic taught.
    neighbours: await list(host, "neigh", "show", "nud", "permanent"),
    nftables: stable(nftables).filter((entry) => Object.keys(entry as object).some((key) => key !== "metainfo")),
    namespaces: (await host.run("find", `${host.folder}/run`, "-maxdepth", "2", "-path", "*/netns/*"))
      .split("\n")
      .filter((line) => line !== ""),
  };
}

async function list(host: Subject, ...args: string[]): Promise<string[]> {
  const entries = stable(await host.json("ip", "-j", "-d", ...args)) as object[];
  return entries.map((entry) => JSON.stringify(entry)).sort();
}

/** Follow the carrier, and that with a delay: a bridge has none when its last member has gone (net/core/link_watch.c). */
const ofCarrier = new Set<unknown>(["NO-CARRIER", "LOWER_UP", "linkdown"]);

/** A bridge makes its fe80:: address with its first carrier, and keeps it: so does every address and route that comes of it. */
const isLinkLocal = (item: unknown): boolean => {
  const { local, dst } = (item ?? {}) as { local?: unknown; dst?: unknown };
  return /^fe80:/.test(String(local ?? dst ?? ""));
};

/** A route to an IPv6 address of the host's own, or to the anycast one beside it: the kernel adds it after the address. */
const isOwn = (route: string): boolean => /"type":"(local|anycast)".*"protocol":"kernel"/.test(route);

/** The same without volatile fields and empty objects. */
function stable<T>(value: T): T {
  if (Array.isArray(value)) return value.filter((item) => !ofCarrier.has(item) && !isLinkLocal(item)).map(stable) as T;
  if (typeof value !== "object" || value === null) return value;
  const kept = Object.entries(value).filter(([key]) => !volatile.test(key));
  return Object.fromEntries(kept.map(([key, inner]) => [key, stable(inner)])) as T;
}
