import { randomInt } from "node:crypto";
import { KernelError } from "../../base/kernel-error.ts";
import type { Path, PathAnswer } from "../../contracts/path-probe.ts";
import * as libc from "../ffi/libc.ts";
import { sockaddrIn, sockaddrIn6 } from "../ffi/sockaddr.ts";
import { encodeAddress } from "../netlink/ip-address.ts";
import { echoRequest, readEcho } from "./echo.ts";
import { PathSearch } from "./path-search.ts";

/** A size is sent three times, 200 ms apart, before it counts as one that does not arrive. */
const RESEND_MS = 200;
const SENDINGS = 3;

/** include/uapi/linux/in.h and in6.h: set DF, and do not heed what was learned of the path before. */
const IP_MTU_DISCOVER = 10;
const IPV6_MTU_DISCOVER = 23;
const IPV6_DONTFRAG = 62;
const PMTUDISC_PROBE = 3;

/** One question under way: its socket, what it has sent, and when it goes on without an answer. */
export class Probe implements Disposable {
  readonly fd: number;
  readonly #path: Path;
  readonly #family: 4 | 6;
  readonly #search: PathSearch;
  readonly #identifier = randomInt(0x10000);
  /** Sizes by sequence number. */
  readonly #sent: number[] = [];
  readonly #buffer = Buffer.allocUnsafe(64 * 1024);
  #sendings = 0;
  #unsent: string | undefined;
  /** performance.now() of the next thing to do. */
  deadline = 0;
  answer: PathAnswer | undefined;

  /** Opens a raw socket in this thread's namespace; throws KernelError without the device or the local address. */
  constructor(path: Path) {
    this.#path = path;
    this.#family = path.remote.includes(":") ? 6 : 4;
    this.#search = new PathSearch(path.bytes, this.#family);
    this.fd = this.#family === 4 ? open4(path) : open6(path);
  }

  /** Reads everything that has come. */
  read(now: number): void {
    for (let length = this.#receive(); length !== undefined; length = this.#receive()) {
      const news = readEcho(this.#family, this.#buffer.subarray(0, length), this.#path.remote);
      const size = news?.id.identifier === this.#identifier ? this.#sent[news.id.sequence] : undefined;
      if (!news || size === undefined) continue;
      if (news.kind === "reply") this.#search.arrived(size);
      else this.#search.tooBig(Math.min(news.mtu || size - 1, size - 1)); // 0: a router older than RFC 1191
    }
    if (this.#search.settled) this.#endRound(now);
  }

  /** Sends what is due, or ends the round. */
  proceed(now: number): void {
    if (this.#sendings === SENDINGS) this.#endRound(now);
    else this.#sendRound(now);
  }

  #endRound(now: number): void {
    const answer = this.#search.end();
    const why = answer?.arrived === false && answer.mtu === undefined ? this.#unsent : undefined;
    this.answer = answer && { ...answer, ...(why === undefined ? {} : { why }) };
    this.#sendings = 0;
    if (!this.answer) this.#sendRound(now);
  }

  #sendRound(now: number): void {
    for (const size of this.#search.sizes) this.#send(size);
    this.#sendings++;
    this.deadline = now + RESEND_MS;
  }

  #send(size: number): void {
    const { remote } = this.#path;
    const to = this.#family === 4 ? sockaddrIn(remote, 0) : sockaddrIn6(encodeAddress(remote), 0);
    const sequence = this.#sent.push(size) - 1;
    try {
      libc.send(this.fd, echoRequest(this.#family, { identifier: this.#identifier, sequence }, size), to);
    } catch (error) {
      if (!(error instanceof KernelError)) throw error;
      if (error.errno === "EMSGSIZE")
        this.#search.tooBig(size - 1); // larger than the device's MTU
      else this.#unsent = error.errno;
    }
  }

  #receive(): number | undefined {
    try {
      return libc.receive(this.fd, this.#buffer, libc.MSG_DONTWAIT);
    } catch (error) {
      if (!(error instanceof KernelError)) throw error;
      if (error.errno === "EAGAIN") return undefined;
      this.#unsent = error.errno; // what ICMP said of a packet of ours: EHOSTUNREACH; the next read has the next
      return 0;
    }
  }

  [Symbol.dispose](): void {
    libc.close(this.fd);
  }
}

function open4({ device, local }: Path): number {
  const fd = libc.socket(libc.AF_INET, libc.SOCK_RAW, libc.IPPROTO_ICMP);
  return orClose(fd, () => {
    libc.setSocketOption(fd, libc.SOL_IP, IP_MTU_DISCOVER, PMTUDISC_PROBE);
    libc.bindToDevice(fd, device);
    libc.bind(fd, sockaddrIn(local, 0), local);
  });
}

function open6({ device, local }: Path): number {
  const fd = libc.socket(libc.AF_INET6, libc.SOCK_RAW, libc.IPPROTO_ICMPV6);
  return orClose(fd, () => {
    libc.setSocketOption(fd, libc.SOL_IPV6, IPV6_MTU_DISCOVER, PMTUDISC_PROBE);
    libc.setSocketOption(fd, libc.SOL_IPV6, IPV6_DONTFRAG, 1);
    libc.bindToDevice(fd, device);
    libc.bind(fd, sockaddrIn6(encodeAddress(local), 0), local);
  });
}

function orClose(fd: number, furnish: () => void): number {
  try {
    furnish();
    return fd;
  } catch (error) {
    libc.close(fd);
    throw error;
  }
}
