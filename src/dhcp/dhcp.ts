import { EngineError } from "../base/errors.ts";
import type { Log } from "../base/log.ts";
import type { Dhcp, LeaseRequest, OnLeaseNews } from "../contracts/dhcp.ts";
import type { Kernel } from "../contracts/kernel.ts";
import type { Lease } from "../model/lease.ts";
import { Keeper } from "./keeper.ts";
import { OtherAddress, type Protocol } from "./protocol.ts";
import { Client4 } from "./v4/client.ts";
import { Client6 } from "./v6/client.ts";

/** Opens the DHCP clients of a daemon. */
export function openDhcp(parts: {
  readonly kernel: Pick<Kernel, "packets" | "probeAddresses">;
  readonly log: Log;
}): Dhcp {
  return new DhcpClients(parts);
}

class DhcpClients implements Dhcp {
  readonly #kernel: Pick<Kernel, "packets" | "probeAddresses">;
  readonly #log: Log;
  readonly #keepers = new Map<string, Keeper>();

  constructor({ kernel, log }: { kernel: Pick<Kernel, "packets" | "probeAddresses">; log: Log }) {
    this.#kernel = kernel;
    this.#log = log;
  }

  async acquire(request: LeaseRequest, onNews: OnLeaseNews): Promise<Lease> {
    const keeper = this.#start(request, onNews);
    const late = AbortSignal.timeout(request.timeoutSeconds * 1000);
    try {
      const lease = await keeper.first(late);
      keeper.keep();
      return lease;
    } catch (error) {
      this.#end(keeper);
      throw asNotGot(request, late.aborted, error);
    }
  }

  resume(request: LeaseRequest, lease: Lease | undefined, onNews: OnLeaseNews): void {
    this.#start(request, onNews).keep(lease);
  }

  release(endpointId: string): void {
    for (const keeper of [...this.#keepers.values()].filter(({ request }) => request.endpointId === endpointId)) {
      this.#keepers.delete(keyOf(keeper.request));
      try {
        keeper.release();
      } catch (error) {
        const { container, network } = keeper.request;
        this.#log.warn({ err: error, container, network }, "a lease was not given back: it runs out by itself");
      }
    }
  }

  close(): void {
    for (const keeper of this.#keepers.values()) keeper.stop();
    this.#keepers.clear();
  }

  #start(request: LeaseRequest, onNews: OnLeaseNews): Keeper {
    this.#keepers.get(keyOf(request))?.stop();
    const keeper = new Keeper({ request, onNews, log: this.#log, protocol: this.#protocolOf(request) });
    this.#keepers.set(keyOf(request), keeper);
    return keeper;
  }

  #end(keeper: Keeper): void {
    keeper.stop();
    if (this.#keepers.get(keyOf(keeper.request)) === keeper) this.#keepers.delete(keyOf(keeper.request));
  }

  #protocolOf(request: LeaseRequest): Protocol {
    const { netns, link, hostname, container, network, detectDuplicates } = request;
    const port = { packets: this.#kernel.packets, netns, link };
    const holderOf = async (address: string, signal: AbortSignal) =>
      detectDuplicates
        ? (await this.#kernel.probeAddresses({ netns, link }, [address], signal)).get(address)
        : undefined;
    const onConflict = (address: string, mac: string) =>
      this.#log.warn(
        { address, mac, container, network },
        "the DHCP server lent an address that somebody has: declined",
      );
    const options = { port, hostname, holderOf, onConflict };
    return request.family === 4 ? new Client4(options) : new Client6(options);
  }
}

const keyOf = ({ endpointId, family }: LeaseRequest): string => `${family} ${endpointId}`;

function asNotGot(request: LeaseRequest, late: boolean, error: unknown): unknown {
  const { container, network, family, link, timeoutSeconds } = request;
  const why = (text: string) =>
    new EngineError("LEASE_NOT_GOT", { container, network, family: `IPv${family}`, why: text }, { cause: error });
  if (error instanceof OtherAddress) return why(error.message);
  if (late) return why(`no DHCP server gave one on ${link} within ${timeoutSeconds} s`);
  return error;
}
