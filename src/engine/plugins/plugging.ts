import { EngineError } from "../../base/errors.ts";
import type { Rollback } from "../../base/rollback.ts";
import { hostNetns } from "../../contracts/kernel.ts";
import type { PluginAnswer } from "../../contracts/plugins.ts";
import type { Container } from "../../model/container.ts";
import type { Endpoint } from "../../model/endpoint.ts";
import type { Claim, Undo } from "../../model/plugin.ts";
import type { Parts } from "../parts.ts";
import type { Attachment } from "../plan/attachment.ts";
import { wantedPorts } from "../wanted-ports.ts";
import { AnswerReader, readInterface, readJoin } from "./answers.ts";
import { endpointOptions, portOptions } from "./options.ts";

type PlugParts = Pick<Parts, "plugins" | "claims" | "kernel" | "state">;

export const endpointClaim = (endpointId: string): string => `endpoint/${endpointId}`;

/** The network drivers' half of the protocol, on one endpoint. */
const verbs = {
  create: "NetworkDriver.CreateEndpoint",
  remove: "NetworkDriver.DeleteEndpoint",
  join: "NetworkDriver.Join",
  leave: "NetworkDriver.Leave",
  program: "NetworkDriver.ProgramExternalConnectivity",
  revoke: "NetworkDriver.RevokeExternalConnectivity",
} as const;

/**
 * Has the plugin make an endpoint and join it to the sandbox, which is open. Waits for the plugin, so not under a lock that
 * others wait for. Returns the endpoint with the plugin's answers, not stored yet; its link is still in the host.
 */
export async function plugIn(
  parts: PlugParts,
  container: Container,
  attachment: Attachment,
  rollback: Rollback,
): Promise<Endpoint> {
  const { network, endpoint } = attachment;
  await refuseUnready(parts, attachment);
  const call = callsFor(parts, container, attachment);
  rollback.onFailure(`endpoint of ${container.name} at plugin ${network.driver}`, () =>
    parts.claims.giveBack(endpointClaim(endpoint.id)),
  );
  const wishes = { requests: wantedPorts(container), exposed: container.config.exposed };
  const created = await call.asking(verbs.create, [verbs.remove], {
    Interface: {
      Address: endpoint.ipv4 ?? "",
      AddressIPv6: endpoint.ipv6 ?? "",
      MacAddress: endpoint.mac ?? "",
    },
    Options: endpointOptions(endpoint, wishes),
  });
  const given = readInterface(call.reader(verbs.create, created), endpoint);
  const joined = await call.asking(verbs.join, [verbs.leave, verbs.remove], {
    SandboxKey: parts.kernel.sandboxes.path(endpoint.containerId),
    Options: portOptions(wishes),
  });
  const { name, prefix, link, ...ways } = readJoin(call.reader(verbs.join, joined));
  const { gave, ...fields } = given;
  const chosen = endpoint.mac ?? fields.mac;
  const mac = chosen ?? macOf(parts, link);
  const full: Endpoint = {
    ...endpoint,
    ...fields,
    ...(mac ? { mac } : {}),
    ...(link ? { ifName: interfaceName(parts, endpoint, { name, prefix }) } : {}),
  };
  const all = endpoint.mac === undefined && mac ? [...new Set([...gave, "mac" as const])] : gave;
  return { ...full, plugged: { link, ...ways, gave: all, setsMac: chosen !== undefined, external: false } };
}

/** Tells the plugin whether the outside reaches the container through this endpoint, and which ports it wants. */
export async function tellExternal(
  parts: PlugParts,
  container: Container,
  attachment: Attachment,
  { external, requests }: { external: boolean; requests: ReturnType<typeof wantedPorts> },
): Promise<Endpoint> {
  const { endpoint } = attachment;
  const call = callsFor(parts, container, attachment);
  const undo = [verbs.leave, verbs.remove];
  if (external) {
    const Options = portOptions({ requests, exposed: container.config.exposed });
    await call.asking(verbs.program, [verbs.revoke, ...undo], { Options }, undo);
  } else {
    await call.asking(verbs.revoke, [verbs.revoke, ...undo], {});
    call.write(undo);
  }
  return endpoint.plugged ? { ...endpoint, plugged: { ...endpoint.plugged, external } } : endpoint;
}

function callsFor({ plugins, claims }: PlugParts, container: Container, { network, endpoint }: Attachment) {
  const ids = { NetworkID: network.id, EndpointID: endpoint.id };
  const plugin = network.driver;
  const claim: Omit<Claim, "undo"> = {
    id: endpointClaim(endpoint.id),
    plugin,
    owner: endpoint.id,
    what: `endpoint of ${container.name} on ${network.name}`,
  };
  const undos = (names: readonly string[]): Undo[] => names.map((verb) => ({ verb, body: ids }));
  const write = (names: readonly string[]) => claims.write({ ...claim, undo: undos(names) });
  return {
    write,
    /** With a claim that undoes it, which is as before when the plugin refuses. */
    async asking(verb: string, undo: readonly string[], body: object, before = undo.slice(1)): Promise<PluginAnswer> {
      write(undo);
      try {
        return (await plugins.call(plugin, verb, { ...ids, ...body })) ?? notThere(plugin, verb);
      } catch (error) {
        if (error instanceof EngineError && error.code === "PLUGIN_FAILED") {
          if (before.length > 0) write(before);
          else claims.drop(claim.id);
        }
        throw error;
      }
    },
    reader: (verb: string, answer: PluginAnswer) => new AnswerReader(plugin, verb, answer),
  };
}

/** Plugins may do without the verbs for ports, which came later (libnetwork's remote driver). */
function notThere(plugin: string, verb: string): PluginAnswer {
  if (verb === verbs.program || verb === verbs.revoke) return {};
  throw new EngineError("PLUGIN_FAILED", { plugin, verb, words: "it does not have this verb (404)" });
}

/** What the plugin still has of an earlier run goes first, or the two would be taken for one. */
async function refuseUnready({ plugins, claims }: PlugParts, { network, endpoint }: Attachment): Promise<void> {
  const { name, driver: plugin } = network;
  if (claims.isGoing(network.id))
    throw new EngineError("NETWORK_REFUSED", { network: name, why: "its removal is in progress" });
  if (!(await claims.settled(endpointClaim(endpoint.id)))) {
    const why = "it has not taken back the endpoint of the container's last run";
    throw new EngineError("PLUGIN_AWAY", { plugin, verb: verbs.remove, why });
  }
  await plugins.activate(plugin, "NetworkDriver");
}

const macOf = ({ kernel }: PlugParts, link: string): string | undefined =>
  link === "" ? undefined : kernel.links(hostNetns).find(({ name }) => name === link)?.mac;

/** The user's choice, else the plugin's name, else its prefix and the first number that is free; else as it is. */
function interfaceName(
  { state }: PlugParts,
  endpoint: Endpoint,
  { name, prefix }: { name: string; prefix: string },
): string {
  const own = endpoint.ifName ?? "eth0";
  if (endpoint.settings.ifName !== undefined) return own;
  if (name !== "") return name;
  if (prefix === "" || new RegExp(`^${RegExp.escape(prefix)}\\d+$`).test(own)) return own;
  const beside = state.endpointsOf(endpoint.containerId).filter(({ id }) => id !== endpoint.id);
  const taken = new Set(beside.map(({ ifName }) => ifName));
  for (let n = 0; ; n++) if (!taken.has(`${prefix}${n}`)) return `${prefix}${n}`;
}
