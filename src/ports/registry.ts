import type { PortMapping, Protocol } from "../model/port.ts";

export interface Reservation {
  readonly mapping: PortMapping;
  readonly owner: string;
  /** undefined where the kernel has no sockets of the protocol. */
  readonly fd: number | undefined;
}

const wildcards = new Set(["0.0.0.0", "::"]);
const numbered = (protocol: Protocol, port: number) => `${port}/${protocol}`;

/** What is reserved, by number and protocol: on one number few addresses meet. */
export class Registry {
  readonly #byNumber = new Map<string, Reservation[]>();

  add(reservation: Reservation): void {
    const { protocol, hostPort } = reservation.mapping;
    const key = numbered(protocol, hostPort);
    this.#byNumber.set(key, [...(this.#byNumber.get(key) ?? []), reservation]);
  }

  /** Takes the reservation of exactly this address and port out and returns it. */
  take({ protocol, hostIp, hostPort }: PortMapping): Reservation | undefined {
    const key = numbered(protocol, hostPort);
    const all = this.#byNumber.get(key) ?? [];
    const found = all.find(({ mapping }) => mapping.hostIp === hostIp);
    const left = all.filter((other) => other !== found);
    if (left.length > 0) this.#byNumber.set(key, left);
    else this.#byNumber.delete(key);
    return found;
  }

  /** A reservation that an address and port would meet: the same address, or one of both is every address. */
  inTheWay({ protocol, hostIp, hostPort }: Omit<PortMapping, "containerPort">): Reservation | undefined {
    return this.#byNumber.get(numbered(protocol, hostPort))?.find(({ mapping: other }) => {
      if (other.hostIp.includes(":") !== hostIp.includes(":")) return false;
      return other.hostIp === hostIp || wildcards.has(other.hostIp) || wildcards.has(hostIp);
    });
  }
}
