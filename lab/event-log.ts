import type { Client } from "../src/client/client.ts";
import type { EventMessage } from "../src/client/types.ts";

/**
 * Follows the events of a daemon, so that tests wait for what happens instead of looking again and again. Ends with the
 * daemon.
 *
 * @example
 * const events = await EventLog.open(client);
 * await events.next("start", "web");
 */
export class EventLog {
  readonly #seen: EventMessage[] = [];
  #taken = 0;
  #news = Promise.withResolvers<void>();

  static async open(client: Client): Promise<EventLog> {
    const log = new EventLog();
    void log.#follow(await client.system.events({}));
    return log;
  }

  /** The next event of that action, of the container of that name or of any, after the one that was returned last. */
  async next(action: string, name?: string): Promise<EventMessage> {
    for (;;) {
      const found = this.#seen.findIndex((event, at) => at >= this.#taken && isIt(event, action, name));
      const event = this.#seen[found];
      if (event) {
        this.#taken = found + 1;
        return event;
      }
      await this.#news.promise;
    }
  }

  /** What the containers of that name have done so far. */
  actions(name: string): string[] {
    return this.#seen
      .filter(({ Type, Actor }) => Type === "container" && Actor.Attributes?.["name"] === name)
      .map(({ Action }) => Action);
  }

  async #follow(events: AsyncIterable<EventMessage>): Promise<void> {
    try {
      for await (const event of events) {
        this.#seen.push(event);
        this.#news.resolve();
        this.#news = Promise.withResolvers();
      }
    } catch {
      // The daemon was killed: nothing more is to be heard of it.
    }
  }
}

const isIt = ({ Type, Action, Actor }: EventMessage, action: string, name?: string): boolean =>
  Type === "container" && Action === action && (name === undefined || Actor.Attributes?.["name"] === name);
