import type { Log } from "../../base/log.ts";
import type { Container } from "../../model/container.ts";
import type { ContainerFiles } from "../files/container-files.ts";
import type { State } from "../state.ts";

interface Parts {
  readonly state: State;
  readonly files: ContainerFiles;
  readonly log: Log;
}

/**
 * Brings their /etc/hosts up to date once they, or targets of their links, have other addresses or names, or are gone;
 * programs look there before they ask DNS. Files are written at once, so nobody's lock is needed. What has changed
 * stands even if that fails.
 */
export function updateHosts({ state, files, log }: Parts, containers: readonly Container[]): void {
  for (const { id } of containers) {
    const container = state.containers.get(id);
    if (!container) continue; // removed in between
    try {
      files.updateHosts(container, state.endpointsOf(id));
    } catch (error) {
      log.error({ err: error, container: container.name }, "cannot bring a container's hosts file up to date");
    }
  }
}
