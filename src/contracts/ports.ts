import type { PortMapping, PortRequest } from "../model/port.ts";

/**
 * Host ports, reserved by real bound sockets so that a clash is an error at once. The daemon holds the sockets; the
 * traffic never touches them, the kernel rewrites it first.
 */
export interface Ports {
  /**
   * Reserves what is asked: all or nothing. `families`: which the container can serve; a wildcard request yields one
   * mapping a family with the same number. `owner` as in "container web". Throws PORT_TAKEN naming port and owner.
   */
  reserve(requests: readonly PortRequest[], options: { owner: string; families: readonly (4 | 6)[] }): PortMapping[];
  /** Takes back what the store says is published, at start; returns those whose port somebody else has taken meanwhile. */
  adopt(mappings: readonly PortMapping[], owner: string): { mapping: PortMapping; takenBy: string }[];
  /** Idempotent. */
  release(mappings: readonly PortMapping[]): void;
}
