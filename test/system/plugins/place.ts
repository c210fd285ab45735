import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import { dockerCli } from "../../../lab/docker-cli.ts";
import { Host } from "../../../lab/host.ts";
import { LabPlugin, pluginDirectory } from "../../../lab/plugin/plugin.ts";

/** A host with a daemon that looks for plugins in the host's own folder, and one plugin. */
export class PluginPlace implements AsyncDisposable {
  readonly host: Host;
  readonly plugin: LabPlugin;
  readonly #args: readonly string[];

  private constructor(host: Host, plugin: LabPlugin, args: readonly string[]) {
    this.host = host;
    this.plugin = plugin;
    this.#args = args;
  }

  static async create(name: string, ...args: string[]): Promise<PluginPlace> {
    const host = await Host.create();
    const plugin = await LabPlugin.start(host, name);
    const place = new PluginPlace(host, plugin, ["--plugin-directory", pluginDirectory(host), ...args]);
    await place.startDaemon();
    return place;
  }

  startDaemon() {
    return this.host.startDaemon(...this.#args);
  }
  spawnDaemon() {
    return this.host.spawnDaemon(...this.#args);
  }

  /** The docker CLI, which must succeed. */
  docker(...args: string[]): Promise<string> {
    return dockerCli(this.host, { mayWarn: true }).docker(...args);
  }

  /** What it says when it fails, as it must. */
  failure(...args: string[]): Promise<string> {
    return dockerCli(this.host).failure(...args);
  }

  /** A container on the host's root that only waits. */
  run(name: string, ...options: string[]): Promise<string> {
    return this.host.fairlead("run", "-d", "--name", name, "--rootfs", "host", ...options, "sleep", "infinity");
  }
  /** What a run that must fail says. */
  async refused(name: string, ...options: string[]): Promise<string> {
    const argv = ["run", "-d", "--name", name, "--rootfs", "host", ...options, "sleep", "infinity"];
    const { code, stderr } = await this.host.cli(...argv);
    assert.notEqual(code, 0, argv.join(" "));
    return stderr.trim();
  }

  inside(name: string, ...argv: string[]): Promise<string> {
    return this.host.fairlead("exec", name, ...argv);
  }

  async inspect(name: string, network: string): Promise<EndpointJson> {
    const text = await this.docker("inspect", "-f", `{{json (index .NetworkSettings.Networks "${network}")}}`, name);
    return JSON.parse(text) as EndpointJson;
  }

  /** Whether kernel and model agree. */
  repair(): Promise<string> {
    return this.host.fairlead("repair", "--dry-run");
  }

  /** Of what another process does in its own time; fails after a minute. */
  eventually = async (check: () => void): Promise<void> => {
    for (let attempt = 0; ; attempt++) {
      try {
        return check();
      } catch (error) {
        if (attempt === 600) throw error;
        await delay(100);
      }
    }
  };

  async [Symbol.asyncDispose](): Promise<void> {
    await this.host[Symbol.asyncDispose]();
  }
}

export interface EndpointJson {
  readonly EndpointID: string;
  readonly IPAddress: string;
  readonly IPPrefixLen: number;
  readonly Gateway: string;
  readonly MacAddress: string;
}

/** Nothing is at the plugin. */
export const nothing = { networks: {}, endpoints: {}, pools: {} };
