import { addressOfReverseKey } from "./address.ts";
import type { Query } from "./query.ts";
import { rcodes } from "./rcode.ts";
import { isOwnRange, type View } from "./view.ts";
import { classIn } from "./wire/message.ts";
import { encodeName, keyWithoutSuffix, nameKey } from "./wire/name.ts";
import { typeNumbers } from "./wire/records.ts";
import type { Addresses } from "./zone.ts";

/** An answer from memory: records of the type that was asked for, by their data, all with the question's name. */
export interface Answer {
  readonly rcode: number;
  readonly data: readonly Uint8Array[];
}

const nothing: readonly Uint8Array[] = [];
const empty: Answer = { rcode: rcodes.NOERROR, data: nothing };
const noSuchName: Answer = { rcode: rcodes.NXDOMAIN, data: nothing };
const refused: Answer = { rcode: rcodes.REFUSED, data: nothing };
const unknowable: Answer = { rcode: rcodes.SERVFAIL, data: nothing };
const localhost: Addresses = {
  ipv4: [Uint8Array.of(127, 0, 0, 1)],
  ipv6: [Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1)],
};
const LOCALHOST_KEY = "\x09localhost\0";
const ANY_CLASS = 255;

/**
 * Decides about one query; the whole policy is here, and nothing else.
 * - A name that the sandbox can see is answered here whatever the type, so it never reaches an upstream.
 * - Addresses of ours are never asked about elsewhere: not those of other networks, not the free ones of the sandbox's.
 * - Everything else is forwarded. A sandbox without a way out cannot know whether it exists: SERVFAIL, as from Docker.
 */
export function answer(query: Query, view: View): Answer | "forward" {
  if (query.class !== classIn && query.class !== ANY_CLASS) return refused; // CHAOS would describe the host's resolver
  const addresses = findName(query.key, view);
  if (addresses) return pick(addresses, query.type);
  if (query.key.endsWith("\x04arpa\0")) {
    const reverse = answerReverse(query, view);
    if (reverse) return reverse;
  }
  if (view.links.has(query.key)) return noSuchName; // a private name whose container is away
  if (query.key.endsWith(LOCALHOST_KEY)) return pick(localhost, query.type); // RFC 6761 section 6.3
  if (isTransfer(query.type)) return refused;
  return view.forward ? "forward" : unknowable;
}

function pick(addresses: Addresses, type: number): Answer {
  if (type !== typeNumbers.A && type !== typeNumbers.AAAA) return empty;
  const data = type === typeNumbers.A ? addresses.ipv4 : addresses.ipv6;
  return data.length === 0 ? empty : { rcode: rcodes.NOERROR, data };
}

/** Links first; then the first network, in order, that has the name, either alone or followed by the network's name. */
function findName(key: string, view: View): Addresses | undefined {
  const link = view.links.size > 0 ? view.links.get(key) : undefined;
  if (link !== undefined && link !== key) {
    const addresses = findOnNetworks(link, view);
    if (addresses) return addresses;
  }
  return findOnNetworks(key, view);
}

function findOnNetworks(key: string, view: View): Addresses | undefined {
  for (const network of view.networks) {
    const addresses = view.zone.find(network.id, key);
    if (addresses) return addresses;
  }
  for (const network of view.networks) {
    const name = network.key === undefined ? undefined : keyWithoutSuffix(key, network.key);
    const addresses = name === undefined ? undefined : view.zone.find(network.id, name);
    if (addresses) return addresses;
  }
  return undefined;
}

function answerReverse(query: Query, view: View): Answer | undefined {
  for (const network of view.networks) {
    const name = view.zone.findReverse(network.id, query.key);
    if (name === undefined) continue;
    if (query.type !== typeNumbers.PTR) return empty;
    const target = reverseTarget(name, network.name);
    return target === undefined ? noSuchName : { rcode: rcodes.NOERROR, data: [target] };
  }
  if (view.zone.owns(query.key)) return noSuchName;
  const address = addressOfReverseKey(query.key);
  return address && isOwnRange(view, address) ? noSuchName : undefined;
}

/** "web.net1.", or "web." on a network whose name DNS cannot carry; undefined for a name that it cannot carry either. */
function reverseTarget(name: string, network: string): Uint8Array | undefined {
  const text = [`${name}.${network}.`, `${name}.`].find((each) => nameKey(each) !== undefined);
  return text === undefined ? undefined : encodeName(text);
}

/** AXFR, IXFR and the obsolete mail types: no stub asks for them, and their answers are streams. RFC 5936, 1995. */
const isTransfer = (type: number): boolean => type >= 251 && type <= 254;
