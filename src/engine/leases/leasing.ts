import { isDeepStrictEqual } from "node:util";
import { Rollback } from "../../base/rollback.ts";
import type { LeaseNews } from "../../contracts/dhcp.ts";
import type { Upstream } from "../../contracts/names.ts";
import type { Container } from "../../model/container.ts";
import type { Endpoint } from "../../model/endpoint.ts";
import type { Lease } from "../../model/lease.ts";
import { isLeased } from "../../model/network.ts";
import { disconnectContainer } from "../endpoints/disconnect.ts";
import type { OpenSandbox } from "../endpoints/open-sandboxes.ts";
import { portsRecord } from "../endpoints/reserve-ports.ts";
import type { Parts } from "../parts.ts";
import type { Attachment } from "../plan/attachment.ts";
import { programExternal } from "../plugins/external.ts";
import { plugIn } from "../plugins/plugging.ts";
import { familiesOf, leaseOf, leaseRequest, unaddressed, withLease } from "./leased.ts";
import { readdress } from "./readdress.ts";

/** What leases need of containers. */
export interface LeaseSide {
  /** `changed`: endpoints as they will be. */
  upstreamsOf(container: Container, changed?: readonly Endpoint[]): readonly Upstream[];
  /** Rewrites /etc/hosts after a change of addresses. */
  updateFiles(container: Container): void;
}

/** Addresses that a LAN's DHCP server lends to endpoints: got at start, followed while the container runs. */
export class Leasing {
  readonly #parts: Parts;
  readonly #side: LeaseSide;

  constructor(parts: Parts, side: LeaseSide) {
    this.#parts = parts;
    this.#side = side;
  }

  /**
   * Gets the addresses that the sandbox still lacks; all or none. Waits for servers, so not under a lock that others
   * wait for. Returns the endpoints with their leases, not stored yet.
   */
  async acquire(container: Container, sandbox: OpenSandbox, rollback: Rollback): Promise<Endpoint[]> {
    const late = unaddressed(sandbox.attachments);
    const plugged = late.some(({ driver }) => driver.remote)
      ? await this.#plugIn(container, sandbox, late, rollback)
      : [];
    const wanting = late.filter(({ driver }) => !driver.remote);
    for (const { endpoint } of wanting)
      rollback.onFailure(`leases of ${endpoint.id}`, () => this.#parts.dhcp.release(endpoint.id));
    const results = await Promise.allSettled(wanting.map((attachment) => this.#acquireFor(container, attachment)));
    const failed = results.find((result) => result.status === "rejected");
    if (failed) throw failed.reason;
    return [...plugged, ...results.flatMap((result) => (result.status === "fulfilled" ? [result.value] : []))];
  }

  /** Plugins have their say one after the other, then they are told which of them leads outside. */
  async #plugIn(
    container: Container,
    sandbox: OpenSandbox,
    late: readonly Attachment[],
    rollback: Rollback,
  ): Promise<Endpoint[]> {
    const made = new Map<string, Endpoint>();
    for (const attachment of late.filter(({ driver }) => driver.remote))
      made.set(attachment.endpoint.id, await plugIn(this.#parts, container, attachment, rollback));
    const after = sandbox.attachments.map((each) => ({
      ...each,
      endpoint: made.get(each.endpoint.id) ?? each.endpoint,
    }));
    for (const endpoint of await programExternal(this.#parts, container, after, rollback))
      made.set(endpoint.id, endpoint);
    return [...made.values()];
  }

  async #acquireFor(container: Container, attachment: Attachment): Promise<Endpoint> {
    const missing = familiesOf(attachment.network).filter((family) => !leaseOf(attachment.endpoint, family));
    const leases = await Promise.all(
      missing.map(async (family) => {
        const request = leaseRequest(container, attachment, family);
        return [
          family,
          await this.#parts.dhcp.acquire(request, (news) => this.#hear(attachment, family, news)),
        ] as const;
      }),
    );
    return leases.reduce((endpoint, [family, lease]) => withLease(endpoint, family, lease), attachment.endpoint);
  }

  /**
   * Completes a live connect: gets the address, and takes the container off the network again if there is none. Under
   * the lock of the container, not of the network: others may go on meanwhile.
   */
  async acquireLive(container: Container, endpointId: string): Promise<void> {
    const { state, sandboxes } = this.#parts;
    const sandbox = sandboxes.get(container.id);
    const wanting = sandbox && unaddressed(sandbox.attachments).some(({ endpoint }) => endpoint.id === endpointId);
    if (!wanting) return;
    try {
      await using rollback = new Rollback();
      const endpoints = await this.acquire(container, sandbox, rollback);
      await this.#apply(container, endpoints);
      rollback.commit();
    } catch (error) {
      await this.#leave(container, state.endpoints.get(endpointId));
      throw error;
    }
  }

  async #leave(container: Container, endpoint: Endpoint | undefined): Promise<void> {
    const network = endpoint && this.#parts.state.networks.get(endpoint.networkId);
    if (!network) return;
    await using _lock = await this.#parts.locks.hold(network.id);
    using _pass = await this.#parts.gate.shared();
    await disconnectContainer(this.#parts, { network, container, upstreams: this.#side.upstreamsOf(container) });
  }

  /** Goes on with the leases of a sandbox that an earlier daemon opened, and asks for those it lacks. */
  resume(container: Container, sandbox: OpenSandbox): void {
    for (const attachment of sandbox.attachments.filter(({ network }) => isLeased(network))) {
      for (const family of familiesOf(attachment.network)) {
        const request = leaseRequest(container, attachment, family);
        this.#parts.dhcp.resume(request, leaseOf(attachment.endpoint, family), (news) =>
          this.#hear(attachment, family, news),
        );
      }
    }
  }

  /** Never throws: nobody is there to catch it. */
  #hear(attachment: Attachment, family: 4 | 6, news: LeaseNews): void {
    const { id, containerId } = attachment.endpoint;
    this.#follow(attachment, family, news).catch((err: unknown) => {
      const { log } = this.#parts;
      log.error({ err, container: containerId, endpoint: id, family }, "cannot follow what became of a lease");
    });
  }

  async #follow({ endpoint: { id, containerId }, network }: Attachment, family: 4 | 6, news: LeaseNews): Promise<void> {
    const { state, locks, log } = this.#parts;
    await using _container = await locks.hold(containerId);
    const container = state.containers.get(containerId);
    const endpoint = state.endpoints.get(id);
    if (!container || !endpoint || !this.#parts.sandboxes.get(containerId)) return;
    const about = { container: container.name, network: network.name, family };
    if (news.kind === "unanswered") {
      const until = new Date(news.lease.expiresAt).toISOString();
      return log.warn({ ...about, until }, "the DHCP server does not answer; the address is kept until its lease ends");
    }
    const lease = news.kind === "lost" ? undefined : news.lease;
    const changed = withLease(endpoint, family, lease);
    if (sameFacts(leaseOf(endpoint, family), lease)) this.#remember(changed);
    else await this.#apply(container, [changed]);
    if (news.kind === "renewed") return log.debug(about, "a lease was renewed");
    log.warn({ ...about, ...news }, news.kind === "lost" ? "a lease was lost, asking for another" : "a new lease");
    const address = lease?.address ?? leaseOf(endpoint, family)?.address ?? "";
    const attributes = { container: containerId, name: network.name, type: network.driver, address };
    this.#parts.events.emit("network", news.kind === "lost" ? "lease_lost" : "lease_bound", {
      id: network.id,
      attributes,
    });
  }

  /** Only the times are new. */
  #remember(endpoint: Endpoint): void {
    const { state, sandboxes } = this.#parts;
    state.commit([{ put: "endpoint", id: endpoint.id, value: endpoint }], "process");
    const sandbox = sandboxes.get(endpoint.containerId);
    if (!sandbox) return;
    sandbox.attachments = sandbox.attachments.map((each) =>
      each.endpoint.id === endpoint.id ? { ...each, endpoint } : each,
    );
  }

  /** Kernel, names and store follow. Under the container's lock. */
  async #apply(container: Container, endpoints: readonly Endpoint[]): Promise<void> {
    const { locks, gate, state, sandboxes } = this.#parts;
    await using _locks = await locks.holdAll(state.endpointsOf(container.id).map(({ networkId }) => networkId));
    using _pass = await gate.shared();
    const sandbox = sandboxes.get(container.id);
    if (!sandbox) return;
    await using rollback = new Rollback();
    const upstreams = this.#side.upstreamsOf(container, endpoints);
    const { change, finish } = await readdress(this.#parts, { sandbox, container, endpoints, upstreams }, rollback);
    state.commit(
      [
        ...endpoints.map((value) => ({ put: "endpoint", id: value.id, value }) as const),
        ...portsRecord(container, change),
      ],
      "process", // a lease is of no use after the machine has gone
    );
    rollback.commit();
    await finish();
    this.#side.updateFiles(container);
  }
}

/** Whether all but server and times is the same. */
function sameFacts(before: Lease | undefined, after: Lease | undefined): boolean {
  const facts = (lease: Lease | undefined) => lease && [lease.address, lease.router, lease.dns, lease.search];
  return before !== undefined && isDeepStrictEqual(facts(before), facts(after));
}
