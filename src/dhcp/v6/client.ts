import { randomInt } from "node:crypto";
import { concatBytes, ipText, readUdpInIpv6, udpInIpv6 } from "../../base/ip-packet.ts";
import type { LinkPacket, PacketSocket } from "../../contracts/packets.ts";
import type { Lease } from "../../model/lease.ts";
import { type Deadline, pause } from "../clock.ts";
import { backoff, exchange, halving, jitter, type Port, sendOnce } from "../exchange.ts";
import { OtherAddress, type Protocol, type Renewal, type Wish } from "../protocol.ts";
import { macBytes } from "../v4/message.ts";
import { askRouter } from "./advertisement.ts";
import { encodeGrant, type Grant, grantIn, leaseOf } from "./lease.ts";
import {
  decodeMessage,
  encodeMessage,
  type Message,
  type MessageType,
  type Options,
  optionOf,
  options,
} from "./message.ts";

/** All_DHCP_Relay_Agents_and_Servers, RFC 8415, section 7.1, and its MAC. */
const allServers = "ff02::1:2";
const allServersMac = "33:33:00:01:00:02";
const wanted = Uint8Array.of(0, options.dns, 0, options.search);
const REQUESTS = 3;
const PAUSE_MS = 1_000;
const CONFLICT_PAUSE_MS = 10_000;

interface Answer {
  readonly message: Message;
  readonly from: string;
}

export interface Client6Options {
  readonly port: Port;
  readonly hostname: string;
  readonly holderOf: (address: string, signal: AbortSignal) => Promise<string | undefined>;
  readonly onConflict: (address: string, mac: string) => void;
}

/**
 * A DHCPv6 client (RFC 8415) for one address (IA_NA). It knows itself by the MAC (DUID-LL). The first server that
 * advertises an address is taken. Prefix and default route come from the router, as IPv6 has it.
 */
export class Client6 implements Protocol {
  readonly #options: Client6Options;

  constructor(options: Client6Options) {
    this.#options = options;
  }

  async obtain(wish: Wish, signal: AbortSignal): Promise<Lease> {
    for (let conflicts = 0; ; ) {
      const since = Date.now();
      const router = askRouter(this.#options.port, signal);
      router.catch(() => {}); // awaited below, unless something else fails first
      const got = await this.#solicitAndRequest(wish, signal);
      if (!got) {
        await pause(jitter(PAUSE_MS), signal);
        continue;
      }
      const { answer, grant } = got;
      const lease = leaseOf(answer.message, grant, { serverMac: answer.from, since, router: await router });
      const holder = await this.#options.holderOf(grant.address, signal);
      if (!holder) return lease;
      this.#options.onConflict(grant.address, holder);
      this.#tell("decline", lease);
      await pause(conflicts++ === 0 ? PAUSE_MS : CONFLICT_PAUSE_MS, signal);
    }
  }

  async renew(lease: Lease, how: Renewal, end: Deadline, signal: AbortSignal): Promise<Lease | "refused" | undefined> {
    const since = Date.now();
    const [address = ""] = lease.address.split("/");
    const server = how === "renew" ? lease.server : undefined;
    const asking = this.#ask(
      how === "renew" ? "renew" : "rebind",
      { address, server },
      {
        accept: (message) => message.type === "reply",
        waits: halving(end),
        signal,
      },
    );
    const [answer, router] = await Promise.all([asking, askRouter(this.#options.port, signal)]);
    if (!answer) return undefined;
    const grant = grantIn(answer.message, answer.iaid);
    if (typeof grant === "string" || grant.address !== address) return "refused";
    const next = leaseOf(answer.message, grant, { serverMac: answer.from, since, router });
    // A router that is silent just now has not gone: its advertisement holds longer than that.
    return router ? next : { ...next, address: lease.address, ...(lease.router ? { router: lease.router } : {}) };
  }

  release(lease: Lease): void {
    this.#tell("release", lease);
  }

  async #solicitAndRequest(wish: Wish, signal: AbortSignal): Promise<{ answer: Answer; grant: Grant } | undefined> {
    const offer = await this.#ask(
      "solicit",
      { address: wish.address },
      {
        accept: (message, iaid) => message.type === "advertise" && typeof grantIn(message, iaid) === "object",
        waits: backoff(),
        signal,
      },
    );
    const grant = offer && grantIn(offer.message, offer.iaid);
    if (!offer || typeof grant !== "object") return undefined;
    if (wish.exact && grant.address !== wish.address) throw other(grant, wish);
    const server = Buffer.from(optionOf(offer.message.options, options.serverId) ?? []).toString("hex");
    const answer = await this.#ask(
      "request",
      { address: grant.address, server },
      {
        accept: (message) => message.type === "reply",
        waits: backoff().take(REQUESTS),
        signal,
      },
    );
    const granted = answer && grantIn(answer.message, answer.iaid);
    if (!answer || typeof granted !== "object") return undefined;
    if (wish.exact && granted.address !== wish.address) throw other(granted, wish);
    return { answer, grant: granted };
  }

  async #ask(
    type: MessageType,
    about: About,
    how: {
      readonly accept: (message: Message, iaid: Uint8Array) => boolean;
      readonly waits: Iterable<number>;
      readonly signal: AbortSignal;
    },
  ): Promise<(Answer & { readonly iaid: Uint8Array }) | undefined> {
    const xid = randomInt(2 ** 24);
    return exchange<Answer & { readonly iaid: Uint8Array }>(this.#options.port, {
      kind: "dhcp6",
      waits: how.waits,
      signal: how.signal,
      ask: (socket, elapsed) => this.#packet(socket, { type, xid, elapsed, about }),
      take: (packet, socket) => {
        const answer = answerIn(packet);
        if (!answer || answer.message.xid !== xid || !isFor(answer.message, socket.mac)) return undefined;
        const iaid = iaidOf(socket.mac);
        return how.accept(answer.message, iaid) ? { ...answer, iaid } : undefined;
      },
    });
  }

  #tell(type: "release" | "decline", lease: Lease): void {
    const [address = ""] = lease.address.split("/");
    const about = { address, server: lease.server };
    sendOnce(this.#options.port, "dhcp6", (socket) =>
      this.#packet(socket, { type, xid: randomInt(2 ** 24), elapsed: 0, about }),
    );
  }

  #packet({ mac }: PacketSocket, draft: Draft): { bytes: Uint8Array; to: string } {
    const { type, xid, elapsed, about } = draft;
    const hundredths = Math.min(Math.floor(elapsed / 10), 0xffff);
    const gives = type === "release" || type === "decline";
    const list: Options = [
      [options.clientId, duidOf(mac)],
      ...(about.server ? [[options.serverId, Buffer.from(about.server, "hex")] as const] : []),
      [options.elapsed, Uint8Array.of(hundredths >> 8, hundredths & 255)],
      ...(gives ? [] : [[options.wanted, wanted] as const, ...nameOption(this.#options.hostname)]),
      [options.addressLease, encodeGrant(iaidOf(mac), about.address)],
    ];
    const ends = { source: linkLocalOf(mac), destination: allServers };
    const ports = { sourcePort: 546, destinationPort: 547 };
    return { bytes: udpInIpv6(ends, ports, encodeMessage({ type, xid, options: list })), to: allServersMac };
  }
}

interface About {
  readonly address: string | undefined;
  /** DUID in hexadecimal. */
  readonly server?: string | undefined;
}
interface Draft {
  readonly type: MessageType;
  readonly xid: number;
  readonly elapsed: number;
  readonly about: About;
}

/** DUID-LL of an Ethernet link: RFC 8415, section 11.4. */
const duidOf = (mac: string): Uint8Array => concatBytes([Uint8Array.of(0, 3, 0, 1), macBytes(mac)]);
/** One interface, one identity: the end of its MAC. */
const iaidOf = (mac: string): Uint8Array => macBytes(mac).subarray(2);

/** The address that the kernel gives a link by itself (RFC 4291, appendix A): servers answer there. */
export function linkLocalOf(mac: string): string {
  const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0] = macBytes(mac);
  return ipText(Uint8Array.of(0xfe, 0x80, 0, 0, 0, 0, 0, 0, a ^ 2, b, c, 0xff, 0xfe, d, e, f));
}

/** RFC 4704: asks the server to keep the name (S), as one label without a dot at its end. */
function nameOption(hostname: string): Options {
  const label = Buffer.from(hostname.split(".", 1)[0]?.slice(0, 63) ?? "");
  return label.length > 0 ? [[options.clientName, concatBytes([Uint8Array.of(1, label.length), label])]] : [];
}

function answerIn({ bytes, from }: LinkPacket): Answer | undefined {
  const packet = readUdpInIpv6(bytes);
  const message = packet && decodeMessage(packet.payload);
  return message && { message, from };
}

function isFor({ options: list }: Message, mac: string): boolean {
  const id = optionOf(list, options.clientId);
  return id !== undefined && Buffer.compare(id, duidOf(mac)) === 0 && optionOf(list, options.serverId) !== undefined;
}

const other = ({ address }: Grant, wish: Wish): OtherAddress =>
  new OtherAddress(`${wish.address} is not to be had: the server offers ${address} instead`);
