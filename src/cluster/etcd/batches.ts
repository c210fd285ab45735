import type { WatchResponse } from "./protocol.ts";

export type Event = WatchResponse["events"][number];

/**
 * Puts the fragments of a watch together so that no revision is told in two parts: etcd cuts a large batch anywhere.
 * Revisions before the last of a fragment are whole.
 */
export class Batches {
  #held: Event[] = [];

  /** Returns the events that can be told, in order. */
  add({ events, fragment }: Pick<WatchResponse, "events" | "fragment">): readonly Event[] {
    const all = this.#held.length === 0 ? [...events] : this.#held.concat(events);
    const last = all.at(-1)?.kv.mod_revision;
    this.#held = fragment ? all.filter(({ kv }) => kv.mod_revision === last) : [];
    return fragment ? all.filter(({ kv }) => kv.mod_revision !== last) : all;
  }
}
