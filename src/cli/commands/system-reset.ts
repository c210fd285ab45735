import { command } from "../command/command.ts";
import { flag } from "../command/options.ts";
import { confirm } from "../output/confirm.ts";
import { ownName } from "../output/container-names.ts";
import { forEachName } from "../output/each.ts";

export const systemReset = command({
  name: "system reset",
  summary: "Remove everything the daemon ever made, put the host's settings back, and end the daemon",
  options: { force: flag({ short: "f", about: "do not ask" }) },
  examples: ["system reset --force"],
  async run({ options, client, out }) {
    if (!options.force) await confirm(out, "WARNING! This will remove all containers, networks and images.");
    const containers = await client.containers.list({ all: true });
    await forEachName(
      out,
      containers.map(({ Id }) => Id),
      async (id) => {
        await client.containers.remove(id, { force: true, v: true });
        return `Removed container ${nameOf(containers, id)}`;
      },
    );
    // Those of a cluster stay for its other hosts; those of a host that is alone end with its daemon's state.
    const networks = (await client.networks.list({ type: ["custom"] })).filter(({ Scope }) => Scope !== "global");
    await forEachName(
      out,
      networks.map(({ Name }) => Name),
      async (name) => {
        await client.networks.remove(name);
        return `Removed network ${name}`;
      },
    );
    const names = (await client.images.list()).flatMap(({ Id, RepoTags }) => RepoTags ?? [Id]);
    await forEachName(out, names, async (name) => {
      await client.images.remove(name);
      return `Removed image ${name}`;
    });
    await client.system.reset();
    out.line("Removed the built-in networks and the firewall table; the daemon has ended");
  },
});

const nameOf = (all: readonly { Id: string; Names: readonly string[] }[], id: string): string =>
  ownName(all.find(({ Id }) => Id === id)?.Names ?? []) ?? id;
