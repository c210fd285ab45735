/** Interfaces of Docker's plugin protocol that networking has a use for. */
export type PluginInterface = "NetworkDriver" | "IpamDriver";

/** How a call is to be made. */
export interface CallOptions {
  /** How long a connection that cannot be made is tried for, in milliseconds; absent: a few seconds, for one that restarts. */
  readonly patience?: number;
}

/**
 * Third parties' plugins, which speak Docker's plugin protocol v1: HTTP POST of JSON on a socket that is found by name
 * (moby: daemon/libnetwork/docs/remote.md and ipam.md, docs/extend/plugin_api). Looked up when they are used, so that one
 * that is installed later is found, too.
 *
 * All calls throw EngineError: PLUGIN_NOT_FOUND, PLUGIN_AWAY (no answer, whatever it has done), PLUGIN_FAILED (it says no,
 * in its own words) or PLUGIN_ANSWER (what it says makes no sense).
 */
export interface Plugins {
  /** Names for which there is a socket or a specification; those known not to be network drivers left out. */
  networkDrivers(): string[];
  /** Finds the plugin and makes sure that it implements the interface. */
  activate(name: string, wanted: PluginInterface): Promise<void>;
  /** Whether there is a socket or a specification of that name now. */
  isInstalled(name: string): boolean;
  /**
   * Calls a verb ("NetworkDriver.Join") and returns what the plugin answers, which it may leave empty. Undefined: the plugin
   * does not have that verb (404).
   */
  call(name: string, verb: string, body: object, options?: CallOptions): Promise<PluginAnswer | undefined>;
}

/** JSON, of which nothing is known but that it is an object. */
export type PluginAnswer = Readonly<Record<string, unknown>>;
