import { setTimeout as delay } from "node:timers/promises";
import { EngineError } from "../base/errors.ts";
import type { Log } from "../base/log.ts";
import type { CallOptions, PluginInterface, Plugins } from "../contracts/plugins.ts";
import type { PluginAddress } from "./address.ts";
import { answerOf } from "./answer.ts";
import { listNames, locate } from "./discovery.ts";
import { type Posted, post, TooLong, Unreached } from "./post.ts";

export interface PluginSettings {
  /** Where sockets and specifications are looked for. */
  readonly directories: readonly string[];
  /** How long an answer may take, and how long a plugin that is to be activated is waited for. */
  readonly timeoutMs: number;
}

/** How long one that cannot be reached is tried for: its supervisor may just be starting it again. */
const restartMs = 3_000;

/** Docker's handshake. */
const activation = "Plugin.Activate";

/** Plugins found in the directories, each activated at its first use and again after it could not be reached. */
export function openPlugins({ directories, timeoutMs }: PluginSettings, log: Log): Plugins {
  const implemented = new Map<string, readonly string[]>();
  /** One that restarts may be without a socket for a moment. */
  const addressOf = (name: string): PluginAddress => {
    const address = locate(directories, name);
    if (!address) throw new Unreached(`it has no socket and no specification in ${directories.join(", ")}`);
    return address;
  };
  const isInstalled = (name: string) => locate(directories, name) !== undefined;
  const call = async (name: string, verb: string, body: object, options: CallOptions = {}) => {
    const patience = Math.min(options.patience ?? restartMs, timeoutMs);
    try {
      const posted = await reach({ addressOf: () => addressOf(name), verb, body, timeoutMs, patience });
      return answerOf(name, verb, posted);
    } catch (error) {
      if (error instanceof EngineError) throw error;
      implemented.delete(name);
      const why = error instanceof Error ? error.message : String(error);
      if (error instanceof TooLong)
        throw new EngineError("PLUGIN_ANSWER", { plugin: name, verb, why }, { cause: error });
      throw new EngineError("PLUGIN_AWAY", { plugin: name, verb, why }, { cause: error });
    }
  };
  return {
    networkDrivers: () =>
      listNames(directories).filter((name) => implemented.get(name)?.includes("NetworkDriver") ?? true),
    isInstalled,
    call,
    async activate(name, wanted) {
      if (!isInstalled(name))
        throw new EngineError("PLUGIN_NOT_FOUND", { plugin: name, directories: [...directories] });
      const offers = implemented.get(name) ?? (await handshake(name, call, timeoutMs));
      implemented.set(name, offers);
      log.debug({ plugin: name, implements: offers }, "a plugin is active");
      if (offers.includes(wanted)) return;
      const why = `it implements ${offers.join(", ") || "nothing"}, and a ${wanted} is wanted`;
      throw new EngineError("PLUGIN_ANSWER", { plugin: name, verb: activation, why });
    },
  };
}

async function handshake(name: string, call: Plugins["call"], patience: number): Promise<PluginInterface[]> {
  const answer = await call(name, activation, {}, { patience });
  const offers = answer?.["Implements"];
  if (Array.isArray(offers)) return offers.filter((each) => typeof each === "string") as PluginInterface[];
  throw new EngineError("PLUGIN_ANSWER", { plugin: name, verb: activation, why: 'it has no list "Implements"' });
}

/** Tries again, at growing distances, while there is nobody to hear the call; once heard, it is never repeated. */
async function reach(call: {
  addressOf: () => PluginAddress;
  verb: string;
  body: object;
  timeoutMs: number;
  patience: number;
}): Promise<Posted> {
  const { addressOf, verb, body, timeoutMs, patience } = call;
  const end = Date.now() + patience;
  for (let wait = 100; ; wait *= 2) {
    try {
      return await post(addressOf(), verb, body, timeoutMs);
    } catch (error) {
      if (!(error instanceof Unreached) || Date.now() + wait > end) throw error;
    }
    await delay(wait);
  }
}
