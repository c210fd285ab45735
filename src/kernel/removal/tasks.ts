import { KernelError } from "../../base/kernel-error.ts";
import { hostNetns, isLink, type KernelObject, type NetnsRef } from "../../contracts/kernel.ts";
import { flushConntrack, type PublishedPort } from "../netlink/flush-conntrack.ts";
import { listLinks } from "../netlink/lists.ts";
import { NETLINK_NETFILTER } from "../netlink/socket.ts";
import { unpin } from "../netns/sandboxes.ts";
import type { Session } from "../netns/session.ts";
import { unlessGone } from "../objects/kind.ts";
import { kindOf } from "../objects/kinds.ts";
import { removeLinks } from "../objects/remove-links.ts";

/** What the deletion thread is asked for. */
export interface RemovalTask {
  readonly id: number;
  readonly objects: readonly KernelObject[];
  readonly links: readonly { readonly netns: NetnsRef; readonly name: string }[];
  readonly pins: readonly string[];
  readonly flows: readonly PublishedPort[];
}

/** A failure as it crosses threads, where classes are lost. */
export interface RemovalFailure {
  readonly operation: string;
  readonly errno: string;
  readonly kernelText: string | undefined;
}

export interface RemovalReply {
  readonly id: number;
  readonly failures: readonly RemovalFailure[];
}

/**
 * Does many tasks together: flows and what is in namespaces first, last made first removed, then all links of a namespace at
 * once, then the pins. Goes on after a failure; each task gets its own.
 */
export function removeTogether(session: Session, tasks: readonly RemovalTask[]): RemovalReply[] {
  const failures = new Map<number, RemovalFailure[]>(tasks.map(({ id }) => [id, []]));
  const blame = (task: RemovalTask, error: unknown) => failures.get(task.id)?.push(...plain(error));
  const doomed = new Set(
    tasks.flatMap(({ objects, links }) => [
      ...objects.flatMap(endsOf),
      ...links.map(({ netns, name }) => linkKey(netns, name)),
    ]),
  );

  // First, because it waits for nothing and somebody's start may wait for it.
  const flowing = tasks.filter(({ flows }) => flows.length > 0);
  report(
    () => flushAll(session, flowing),
    (error) => {
      for (const task of flowing) blame(task, error);
    },
  );
  for (const task of tasks)
    for (const object of task.objects.toReversed())
      if (!isDeleted(object) && !doomed.has(placeOf(object)))
        report(
          () => kindOf(object).remove(session, object),
          (error) => blame(task, error),
        );

  for (const [netns, wanted] of linksOf(tasks)) {
    report(
      () => {
        const failed = removeLinks(session.socket(netns), [...wanted.keys()]);
        for (const [name, error] of failed) for (const task of wanted.get(name) ?? []) blame(task, error);
      },
      (error) => {
        for (const task of new Set([...wanted.values()].flat())) blame(task, error);
      },
    );
  }
  for (const task of tasks)
    for (const id of task.pins)
      report(
        () => removeSandbox(session, id),
        (error) => blame(task, error),
      );
  return [...failures].map(([id, list]) => ({ id, failures: list }));
}

/**
 * Links on a parent are taken out first: the kernel ends a namespace some time later, and until then their MACs and
 * addresses are taken, and a parent in mode passthru too. A container that starts again would find them in its way.
 */
function removeSandbox(session: Session, id: string): void {
  try {
    if (!session.namespaces.exists(id)) return;
    const socket = session.socket(id);
    const parented = listLinks(socket).filter(({ kind }) => kind === "macvlan" || kind === "ipvlan");
    const names = parented.map(({ name }) => name);
    for (const failure of removeLinks(socket, names).values()) throw failure;
  } finally {
    unpin(session.namespaces.path(id));
  }
}

function flushAll({ namespaces }: Session, tasks: readonly RemovalTask[]): void {
  if (tasks.length === 0) return;
  using socket = namespaces.netlink(hostNetns, NETLINK_NETFILTER);
  flushConntrack(
    socket,
    tasks.flatMap(({ flows }) => flows),
  );
}

function report(removal: () => void, onFailure: (error: unknown) => void): void {
  try {
    unlessGone(removal);
  } catch (error) {
    onFailure(error);
  }
}

/** Names of the links to remove by namespace, each with the tasks that asked for it. */
function linksOf(tasks: readonly RemovalTask[]): Map<NetnsRef, Map<string, RemovalTask[]>> {
  const found = new Map<NetnsRef, Map<string, RemovalTask[]>>();
  const want = (netns: NetnsRef, name: string, task: RemovalTask) => {
    const names = found.get(netns) ?? new Map<string, RemovalTask[]>();
    found.set(netns, names.set(name, [...(names.get(name) ?? []), task]));
  };
  for (const task of tasks) {
    for (const object of task.objects.toReversed()) if (isDeleted(object)) want(object.netns, object.name, task);
    for (const { netns, name } of task.links) want(netns, name, task);
  }
  return found;
}

/** Links that end with their removal; others go back to where they came from. */
const isDeleted = (object: KernelObject) => isLink(object) && object.kind !== "moved-link";

const linkKey = (netns: NetnsRef, name: string) => `${netns} ${name}`;

function endsOf(object: KernelObject): string[] {
  if (!isLink(object)) return [];
  const near = linkKey(object.netns, object.name);
  return object.kind === "veth" ? [near, linkKey(object.peer.netns, object.peer.name)] : [near];
}

/** The link that an object goes with: when that is removed too, the kernel does the rest. */
const placeOf = (object: KernelObject): string => ("link" in object ? linkKey(object.netns, object.link) : "");

function plain(error: unknown): RemovalFailure[] {
  if (error instanceof AggregateError) return error.errors.flatMap(plain);
  if (error instanceof KernelError)
    return [{ operation: error.operation, errno: error.errno, kernelText: error.kernelText }];
  const { code, message } = error as NodeJS.ErrnoException;
  return [{ operation: "remove kernel objects", errno: code ?? "", kernelText: message }];
}
