import type { Rollback } from "../base/rollback.ts";
import type { Container } from "../model/container.ts";
import type { Endpoint } from "../model/endpoint.ts";
import type { PortMapping, PortRequest } from "../model/port.ts";
import type { ContainerRequest, ContainerView } from "./engine.ts";

/** What a started container has of the network. */
export interface OpenNetwork {
  /** The sandbox it runs in; absent in host mode. */
  readonly sandboxId?: string;
  /** Its pin, as the runtime takes it; absent in host mode. */
  readonly netnsPath?: string;
  readonly ports: readonly PortMapping[];
}

/**
 * What the container use cases ask of networking. The caller holds the container's lock (and for container:NAME its
 * creator's, so that everything that happens to one sandbox is serialised); networks are locked inside.
 *
 * `commit` arguments write the store: they are called exactly once, under the network locks, when all that can fail
 * has been done. If one throws, everything is undone and its error is passed on.
 */
export interface Networking {
  /** Validates and reserves the endpoints of a new container (addresses, MACs, names), all or nothing. */
  reserve(
    container: Container,
    requests: ContainerRequest["endpoints"],
    commit: (endpoints: readonly Endpoint[]) => void,
  ): Promise<void>;
  /**
   * Opens the container's sandbox, or joins the open one: its creator's for container:NAME, its own when others kept
   * it open meanwhile. Attaches endpoints, publishes names and ports. Later failures of the start undo it through
   * `rollback`; undone after a commit, it does not write the store: that is the caller's.
   */
  open(container: Container, commit: (open: OpenNetwork) => void, rollback: Rollback): Promise<OpenNetwork>;
  /** Undoes open() after the container has ended; idempotent; the sandbox goes with its last user. */
  close(container: Container): Promise<void>;
  /**
   * Gives back addresses and names of a container that is being removed; `commit` deletes its endpoints too. Others that
   * share its sandbox are in the way, or by `force` lose its networks and keep the sandbox.
   */
  release(
    container: Container,
    commit: (endpointIds: readonly string[]) => void,
    options?: { readonly force?: boolean },
  ): Promise<void>;
  /** Gives a container other names: endpoints with new DNS names are committed together with the container. */
  rename(renamed: Container, commit: (endpoints: readonly Endpoint[]) => void): Promise<void>;
  /** Gives an endpoint other links, which a running container sees at once; `commit` writes it down. */
  relink(container: Container, changed: Endpoint, commit: () => void): Promise<void>;
  /** Publishes more ports of a running container; `commit` gets all its ports. Returns the new ones. */
  publish(
    container: Container,
    requests: readonly PortRequest[],
    commit: (ports: readonly PortMapping[]) => void,
  ): Promise<readonly PortMapping[]>;
  /** Withdraws ports of a running container; `commit` gets those that are left. */
  withdraw(
    container: Container,
    gone: readonly PortMapping[],
    commit: (ports: readonly PortMapping[]) => void,
  ): Promise<void>;
  /** What inspect shows: endpoints in gateway order, the creator's for container:NAME; the pin's path or "". */
  view(container: Container): Pick<ContainerView, "endpoints" | "sandboxPath">;
}
