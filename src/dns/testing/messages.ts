import type { ResolverConfig } from "../../contracts/names.ts";
import { type DnsRecord, encodeMessage, type Message, RD } from "../wire/message.ts";

/** Parts of tests; not used by the product. */

export interface Ask {
  readonly name: string;
  readonly type: number;
  readonly id?: number;
  readonly class?: number;
  /** EDNS with this payload size. */
  readonly size?: number;
  readonly version?: number;
  readonly flags?: number;
}

/** A query as a stub resolver sends it. */
export function queryBytes({ name, type, id = 0x1234, class: cls = 1, size, version = 0, flags = RD }: Ask): Buffer {
  const additionals = size === undefined ? [] : [opt(size, version)];
  return encodeMessage({
    id,
    flags,
    questions: [{ name, type, class: cls }],
    answers: [],
    authorities: [],
    additionals,
  });
}

const opt = (size: number, version: number): DnsRecord => {
  return { name: ".", type: 41, class: size, ttl: version << 16, data: { kind: "OPT", options: new Uint8Array(0) } };
};

export const aRecord = (name: string, address: string, ttl = 60): DnsRecord => {
  return { name, type: 1, class: 1, ttl, data: { kind: "A", address: Uint8Array.from(address.split("."), Number) } };
};

export const soaRecord = (name: string, ttl: number, minimum: number): DnsRecord => {
  const times = { serial: 1, refresh: 1, retry: 1, expire: 1, minimum };
  return { name, type: 6, class: 1, ttl, data: { kind: "SOA", primary: "ns.", mailbox: "root.", ...times } };
};

/** A reply to a query of queryBytes(). */
export function replyTo(query: Pick<Message, "id" | "questions">, reply: Partial<Message>): Buffer {
  const { id, questions } = query;
  return encodeMessage({ id, flags: 0x8180, questions, answers: [], authorities: [], additionals: [], ...reply });
}

export const config = (changes: Partial<ResolverConfig> = {}): ResolverConfig => ({
  sandboxId: "s1",
  networks: [{ id: "n1", name: "net1", subnets: ["172.18.0.0/24"] }],
  upstreams: [],
  links: {},
  forward: true,
  ...changes,
});
