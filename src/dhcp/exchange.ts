import { setTimeout } from "node:timers/promises";
import { KernelError } from "../base/kernel-error.ts";
import type { LinkPacket, PacketKind, PacketSocket, PacketSockets } from "../contracts/packets.ts";
import type { Deadline } from "./clock.ts";

/** A link of a namespace to speak on. */
export interface Port {
  readonly packets: PacketSockets;
  readonly netns: string;
  readonly link: string;
}

/** One question: sent again after each of `waits` (milliseconds) until something it takes arrives. */
export interface Question<T> {
  readonly kind: PacketKind;
  /** The packet to send, and the MAC to send it to; `elapsed` since the first one, in milliseconds. */
  readonly ask: (socket: PacketSocket, elapsed: number) => { readonly bytes: Uint8Array; readonly to: string };
  readonly take: (packet: LinkPacket, socket: PacketSocket) => T | undefined;
  readonly waits: Iterable<number>;
  readonly signal: AbortSignal;
}

/** Undefined when nobody answered, or the link is down or gone. Rejects when the signal aborts. */
export async function exchange<T extends object>(port: Port, question: Question<T>): Promise<T | undefined> {
  question.signal.throwIfAborted();
  const answered = Promise.withResolvers<T>();
  using socket = openIfThere(port, question.kind, (packet) => {
    const taken = socket && question.take(packet, socket);
    if (taken) answered.resolve(taken);
  });
  const since = Date.now();
  for (const wait of question.waits) {
    if (socket) sendIfUp(socket, question.ask(socket, Date.now() - since));
    const late = new AbortController();
    try {
      const signal = AbortSignal.any([question.signal, late.signal]);
      const answer = await Promise.race([answered.promise, setTimeout(wait, undefined, { signal })]);
      if (answer) return answer;
    } finally {
      late.abort();
    }
  }
  return undefined;
}

/** With some jitter, so that what started together does not ask together (RFC 2131, section 4.1). */
export const jitter = (ms: number): number => ms * (0.9 + 0.2 * Math.random());

/** 2, 4, 8 ... 64 seconds, for ever: RFC 2131, section 4.1, but quicker at first, because a start waits for it. */
export function* backoff(): Generator<number> {
  for (let wait = 2_000; ; wait = Math.min(wait * 2, 64_000)) yield jitter(wait);
}

/** At least this long between two renewals, milliseconds. */
const LEAST_BETWEEN = 10_000;
/** At most this long: a timer of more than 2^31 ms ends at once, and leases may be longer. */
const MOST_BETWEEN = 3_600_000;

/** Half of what is left until `end` each time (RFC 2131, section 4.4.5), between ten seconds and an hour. */
export function* halving(end: Deadline): Generator<number> {
  while (end.left > 0) yield Math.min(end.left, Math.max(end.left / 2, LEAST_BETWEEN), MOST_BETWEEN);
}

const goneErrors = ["ENODEV", "ENOENT", "ENXIO", "ENETDOWN"];
const isGone = (error: unknown) => error instanceof KernelError && goneErrors.includes(error.errno);

function openIfThere(
  { packets, netns, link }: Port,
  kind: PacketKind,
  receive: (packet: LinkPacket) => void,
): PacketSocket | undefined {
  try {
    return packets.open({ netns, link }, kind, receive);
  } catch (error) {
    if (isGone(error)) return undefined;
    throw error;
  }
}

/** What cannot be sent now may be later. */
export function sendIfUp(socket: PacketSocket, { bytes, to }: { bytes: Uint8Array; to: string }): void {
  try {
    socket.send(bytes, to);
  } catch (error) {
    if (!isGone(error)) throw error;
  }
}

/** Sends one packet without waiting for an answer. */
export function sendOnce(
  port: Port,
  kind: PacketKind,
  packet: (socket: PacketSocket) => { bytes: Uint8Array; to: string },
): void {
  using socket = openIfThere(port, kind, () => {});
  if (socket) sendIfUp(socket, packet(socket));
}
