import { randomInt } from "node:crypto";
import { readUdpInIpv4, udpInIpv4 } from "../../base/ip-packet.ts";
import type { LinkPacket, PacketSocket } from "../../contracts/packets.ts";
import type { Lease } from "../../model/lease.ts";
import { type Deadline, pause } from "../clock.ts";
import { backoff, exchange, halving, jitter, type Port, sendOnce } from "../exchange.ts";
import { OtherAddress, type Protocol, type Renewal, type Wish } from "../protocol.ts";
import { addressesIn, leaseOf, textIn } from "./lease.ts";
import { decodeMessage, encodeMessage, type Message, type MessageType, macBytes, options } from "./message.ts";

const any = "0.0.0.0";
const everybody = "255.255.255.255";
const broadcastMac = "ff:ff:ff:ff:ff:ff";
/** What is asked for: mask, router, name servers, domain, times, search list, classless routes. */
const wanted = [1, 3, 6, 15, 51, 58, 59, 119, 121];
/** How often a request for what was offered is sent before all begins anew. */
const REQUESTS = 3;
/** Before asking again after a refusal, and after the first address that somebody else has; then RFC 2131's ten seconds. */
const PAUSE_MS = 1_000;
const CONFLICT_PAUSE_MS = 10_000;

interface Answer {
  readonly message: Message;
  readonly from: string;
}

export interface Client4Options {
  readonly port: Port;
  readonly hostname: string;
  /** Who else has the address on the link: a MAC. */
  readonly holderOf: (address: string, signal: AbortSignal) => Promise<string | undefined>;
  readonly onConflict: (address: string, mac: string) => void;
}

/**
 * A DHCP client (RFC 2131) that knows itself by its MAC (client identifier of type 1), so that a server gives the same
 * container the same address again.
 */
export class Client4 implements Protocol {
  readonly #options: Client4Options;

  constructor(options: Client4Options) {
    this.#options = options;
  }

  async obtain(wish: Wish, signal: AbortSignal): Promise<Lease> {
    for (let conflicts = 0; ; ) {
      const since = Date.now();
      const offer = await this.#discover(wish, signal);
      if (wish.exact && offer.message.yours !== wish.address) throw other(offer, wish);
      const ack = await this.#requestOffered(offer, signal);
      const lease = ack && ack.message.type === "ack" ? leaseOf(ack.message, ack.from, since) : undefined;
      if (!lease) {
        if (wish.exact && ack?.message.type === "nak") throw other(ack, wish);
        await pause(jitter(PAUSE_MS), signal);
        continue;
      }
      const holder = await this.#options.holderOf(ack?.message.yours ?? "", signal);
      if (!holder) return lease;
      this.#decline(lease, holder);
      await pause(conflicts++ === 0 ? PAUSE_MS : CONFLICT_PAUSE_MS, signal);
    }
  }

  async renew(lease: Lease, how: Renewal, end: Deadline, signal: AbortSignal): Promise<Lease | "refused" | undefined> {
    const since = Date.now();
    const [address = any] = lease.address.split("/");
    const overdue = how === "reboot";
    // RFC 2131, section 4.3.6: while bound the address is the sender's own; after its end it is asked for (INIT-REBOOT).
    const asked = overdue ? [[options.requestedAddress, addressOption(address)] as const] : [];
    const answer = await this.#ask("request", overdue ? any : address, asked, {
      to: how === "renew" ? { address: lease.server, mac: lease.serverMac } : undefined,
      accept: ({ type }) => type === "ack" || type === "nak",
      waits: halving(end),
      signal,
    });
    if (!answer) return undefined;
    if (answer.message.type === "nak") return "refused";
    return leaseOf(answer.message, answer.from, since);
  }

  release(lease: Lease): void {
    const [address = any] = lease.address.split("/");
    const server = { address: lease.server, mac: lease.serverMac };
    this.#tell("release", address, [[options.server, addressOption(lease.server)]], server);
  }

  async #discover({ address }: Wish, signal: AbortSignal): Promise<Answer> {
    const asked = address ? [[options.requestedAddress, addressOption(address)] as const] : [];
    const answer = await this.#ask("discover", any, asked, {
      accept: (message) => message.type === "offer" && addressesIn(message, options.server).length > 0,
      waits: backoff(),
      signal,
    });
    if (!answer) throw new Error("Cannot ask for an address: the questions have ended"); // backoff() has no end
    return answer;
  }

  #requestOffered({ message: offer }: Answer, signal: AbortSignal): Promise<Answer | undefined> {
    const [server = any] = addressesIn(offer, options.server);
    const asked = [
      [options.requestedAddress, addressOption(offer.yours)],
      [options.server, addressOption(server)],
    ] as const;
    return this.#ask("request", any, asked, {
      xid: offer.xid,
      accept: (message) =>
        (message.type === "ack" || message.type === "nak") && addressesIn(message, options.server)[0] === server,
      waits: backoff().take(REQUESTS),
      signal,
    });
  }

  #decline(lease: Lease, holder: string): void {
    const [address = any] = lease.address.split("/");
    this.#options.onConflict(address, holder);
    const asked = [
      [options.requestedAddress, addressOption(address)],
      [options.server, addressOption(lease.server)],
    ] as const;
    this.#tell("decline", any, asked, undefined);
  }

  /** Sends until an answer to this transaction is accepted. `to` undefined: everybody. */
  #ask(
    type: MessageType,
    client: string,
    asked: readonly (readonly [number, Uint8Array])[],
    how: {
      readonly xid?: number;
      readonly to?: Peer | undefined;
      readonly accept: (message: Message) => boolean;
      readonly waits: Iterable<number>;
      readonly signal: AbortSignal;
    },
  ): Promise<Answer | undefined> {
    const { xid = newXid(), to, accept, waits, signal } = how;
    return exchange<Answer>(this.#options.port, {
      kind: "dhcp4",
      waits,
      signal,
      ask: (socket, elapsed) =>
        this.#packet(socket, { type, xid, client, secs: Math.floor(elapsed / 1000), more: asked, to }),
      take: (packet, socket) => {
        const answer = answerIn(packet);
        const ours = answer && answer.message.xid === xid && answer.message.mac === socket.mac;
        return ours && accept(answer.message) ? answer : undefined;
      },
    });
  }

  #tell(
    type: MessageType,
    client: string,
    asked: readonly (readonly [number, Uint8Array])[],
    to: Peer | undefined,
  ): void {
    sendOnce(this.#options.port, "dhcp4", (socket) =>
      this.#packet(socket, { type, xid: newXid(), client, secs: 0, more: asked, to }),
    );
  }

  #packet({ mac }: PacketSocket, draft: Draft): { bytes: Uint8Array; to: string } {
    const { type, xid, client, secs, more, to } = draft;
    const asks = type === "discover" || type === "request";
    const hostname = Buffer.from(this.#options.hostname.slice(0, 63));
    const all: [number, Uint8Array][] = [
      [options.clientId, Uint8Array.of(1, ...macBytes(mac))],
      ...more.map(([code, value]): [number, Uint8Array] => [code, value]),
      ...(asks
        ? ([
            [options.longest, Uint8Array.of(1500 >> 8, 1500 & 255)],
            [options.wanted, Uint8Array.from(wanted)],
            ...(hostname.length > 0 ? [[options.hostname, hostname]] : []),
          ] as [number, Uint8Array][])
        : []),
    ];
    const message = encodeMessage({ type, xid, secs, client, yours: any, mac, options: new Map(all) });
    const ends = { source: client, destination: to?.address ?? everybody };
    return { bytes: udpInIpv4(ends, { sourcePort: 68, destinationPort: 67 }, message), to: to?.mac ?? broadcastMac };
  }
}

interface Peer {
  readonly address: string;
  readonly mac: string;
}
interface Draft {
  readonly type: MessageType;
  readonly xid: number;
  readonly client: string;
  readonly secs: number;
  readonly more: readonly (readonly [number, Uint8Array])[];
  readonly to: Peer | undefined;
}

const newXid = () => randomInt(2 ** 32);
const addressOption = (address: string): Uint8Array => Uint8Array.from(address.split("."), (part) => Number(part));

function answerIn({ bytes, from }: LinkPacket): Answer | undefined {
  const packet = readUdpInIpv4(bytes);
  const message = packet && decodeMessage(packet.payload);
  return message && { message, from };
}

function other({ message }: Answer, { address }: Wish): OtherAddress {
  const [server] = addressesIn(message, options.server);
  const said = textIn(message, options.message);
  const instead = message.type === "nak" ? `refuses it${said && ` (${said})`}` : `offers ${message.yours} instead`;
  return new OtherAddress(`${address} is not to be had: the server ${server ?? "without a name"} ${instead}`);
}
