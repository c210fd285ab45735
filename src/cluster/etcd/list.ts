import type { Entry } from "../../contracts/cluster-store.ts";
import { EtcdFailure, explain } from "./failure.ts";
import { endOfPrefix, type Header, type KeyValue, methods, type RangeResponse } from "./protocol.ts";
import type { Transport } from "./transport.ts";

/** Bytes of keys and values that a page is meant to have; the first page shows how many keys that is. */
const pageBytes = 1024 * 1024;
const firstPage = 256;
const largestPage = 5_000;
/** How often a list begins anew because the store was compacted between two of its pages. */
const attempts = 3;

export interface Listing {
  readonly entries: readonly Entry[];
  readonly header: Header;
}

/** Takes `root` off a key. */
export const entryOf = ({ key, value, mod_revision }: KeyValue, root: string): Entry => ({
  key: key.slice(root.length),
  value,
  revision: mod_revision,
});

/**
 * Everything below `root` + `prefix` at one revision, ascending, in pages. The first is linearizable and fixes the
 * revision. Keys come without `root`.
 */
export async function listAll(transport: Pick<Transport, "call">, root: string, prefix: string): Promise<Listing> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await listOnce(transport, root, prefix);
    } catch (error) {
      if (explain(error).kind !== "compacted" || attempt === attempts) throw error;
    }
  }
}

async function listOnce(transport: Pick<Transport, "call">, root: string, prefix: string): Promise<Listing> {
  const range = { key: root + prefix, range_end: endOfPrefix(root + prefix) };
  const entries: Entry[] = [];
  let page = await transport.call(methods.range, { ...range, limit: firstPage }, { repeatable: true });
  const { header } = page;
  for (let limit = firstPage; ; limit = nextLimit(page, limit)) {
    for (const kv of page.kvs) entries.push(entryOf(kv, root));
    if (!page.more) return { entries, header };
    const key = `${page.kvs.at(-1)?.key}\0`; // the next key there can be
    // Linearizable too: after a failure it may go to a member that is behind, which must catch up before it answers.
    const request = { ...range, key, limit, revision: header.revision };
    page = await transport.call(methods.range, request, { repeatable: true });
    if (page.kvs.length === 0 && page.more) throw new EtcdFailure("away", "it sent an empty page");
  }
}

/** So many keys, at their average size so far, as make a page. */
function nextLimit({ kvs }: RangeResponse, limit: number): number {
  const bytes = kvs.reduce((sum, { key, value }) => sum + key.length + value.length, 0);
  const fitting = Math.floor((pageBytes * kvs.length) / Math.max(bytes, 1));
  return Math.max(1, Math.min(fitting, limit * 8, largestPage));
}
