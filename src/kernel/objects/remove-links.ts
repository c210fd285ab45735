import { randomInt } from "node:crypto";
import type { KernelError } from "../../base/kernel-error.ts";
import { linkMessage, RTM_DELLINK, RTM_SETLINK } from "../netlink/link.ts";
import { type NetlinkSocket, type Request, request } from "../netlink/socket.ts";

/** Removes one link; that it is gone is no failure. Waits for kernel grace periods, 18-40 ms. */
export function removeLink(socket: NetlinkSocket, name: string): void {
  for (const failure of removeEach(socket, [name]).values()) throw failure;
}

/**
 * Removes links and returns the failures by name; those that are gone are none. Each removal waits for grace periods,
 * so many links are first put into a group of their own, which the kernel removes as one (rtnl_group_dellink()).
 */
export function removeLinks(socket: NetlinkSocket, names: readonly string[]): Map<string, KernelError> {
  if (names.length <= 1) return removeEach(socket, names);
  const group = randomInt(2 ** 30, 2 ** 31 - 1); // far from the small numbers that people use
  const joined = collect(
    names,
    socket.try(names.map((name) => ask(RTM_SETLINK, `remove link "${name}"`, { ifName: name, group }))),
  );
  const [failure] = socket.try([ask(RTM_DELLINK, `remove links ${names.join(", ")}`, { group })]);
  // One that cannot be removed keeps the kernel from removing any of them; ENODEV: the group is empty, all are gone.
  return failure && failure.errno !== "ENODEV" ? removeEach(socket, names) : joined;
}

function removeEach(socket: NetlinkSocket, names: readonly string[]): Map<string, KernelError> {
  return collect(names, socket.try(names.map((name) => ask(RTM_DELLINK, `remove link "${name}"`, { ifName: name }))));
}

const ask = (type: number, operation: string, attributes: { ifName?: string; group?: number }): Request =>
  request(operation, type, linkMessage, { header: {}, attributes });

function collect(names: readonly string[], verdicts: readonly (KernelError | undefined)[]): Map<string, KernelError> {
  const failures = new Map<string, KernelError>();
  for (const [index, name] of names.entries()) {
    const failure = verdicts[index];
    if (failure && failure.errno !== "ENODEV") failures.set(name, failure);
  }
  return failures;
}
