import type { Engine } from "../engine.ts";
import { findContainer } from "../reference.ts";
import { attachContainer, resizeContainer } from "./attach.ts";
import { createContainer } from "./create.ts";
import { checkExec, createExec, detachedExec, Execs, resizeExec, startExec, viewExec } from "./execs.ts";
import { HealthMonitors } from "./health/monitors.ts";
import { topOf } from "./limits/top.ts";
import { updateContainer } from "./limits/update.ts";
import { unlinkContainer } from "./links/unlink.ts";
import type { ContainerDependencies, ContainerParts } from "./parts.ts";
import { pauseContainer, unpauseContainer } from "./pause.ts";
import { pruneContainers } from "./prune.ts";
import { publishPorts, withdrawPorts } from "./publish.ts";
import { removeContainer } from "./remove.ts";
import { renameContainer } from "./rename.ts";
import { Restarts } from "./restarts/restarts.ts";
import { startContainer } from "./start.ts";
import { killContainer, restartContainer, stopContainer, waitForContainer } from "./stop.ts";
import { listContainers, viewContainer } from "./view.ts";
import { Waiters } from "./waiters.ts";

/** Adds what the use cases keep in memory only. Made once: restore and use cases work with the same. */
export function containerParts(dependencies: ContainerDependencies): ContainerParts {
  return {
    ...dependencies,
    waiters: new Waiters(),
    execs: new Execs(),
    removing: new Set(),
    restarting: new Set(),
    stopped: new Set(),
    unrecorded: new Set(),
    restarts: new Restarts(),
    health: new HealthMonitors(),
  };
}

/** The use cases of containers, as the API calls them. */
export function containerUseCases(parts: ContainerParts): Engine["containers"] {
  const { state, runtime } = parts;
  return {
    create: (request) => createContainer(parts, request),
    start: (reference) => startContainer(parts, reference),
    stop: (reference, options) => stopContainer(parts, reference, options),
    restart: (reference, options) => restartContainer(parts, reference, options),
    kill: (reference, signal) => killContainer(parts, reference, signal),
    pause: (reference) => pauseContainer(parts, reference),
    unpause: (reference) => unpauseContainer(parts, reference),
    remove: (reference, options) => removeContainer(parts, reference, options),
    wait: async (reference, condition, signal) => waitForContainer(parts, reference, { condition, signal }),
    rename: (reference, name) => renameContainer(parts, reference, name),
    unlink: (reference, alias) => unlinkContainer(parts, reference, alias),
    update: (reference, update) => updateContainer(parts, reference, update),
    usage: (reference) => runtime.usage(findContainer(state, reference).id),
    top: (reference, psArguments) => topOf(parts, reference, psArguments),
    inspect: (reference) => viewContainer(parts, findContainer(state, reference)),
    overlay: (reference) => runtime.overlayOf(findContainer(state, reference)),
    list: (options) => listContainers(parts, options),
    prune: (filters) => pruneContainers(parts, filters),
    logs: (reference, query) => runtime.logs(findContainer(state, reference).id, query),
    attach: (reference, options) => attachContainer(parts, reference, options),
    resize: (reference, rows, columns) => resizeContainer(parts, reference, rows, columns),
    publish: (reference, requests) => publishPorts(parts, reference, requests),
    withdraw: (reference, ports) => withdrawPorts(parts, reference, ports),
    execCreate: (reference, spec) => createExec(parts, reference, spec),
    execStart: (execId, options) => startExec(parts, execId, options),
    execCheck: (execId) => void checkExec(parts, execId),
    execInspect: (execId) => viewExec(parts, execId),
    execResize: (execId, rows, columns) => resizeExec(parts, execId, { rows, columns }),
    execDetached: (execId) => detachedExec(parts, execId),
  };
}
