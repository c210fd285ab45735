import { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { dirname } from "node:path";
import { text } from "node:stream/consumers";
import { ipamVerbs } from "./ipam-verbs.ts";
import { networkVerbs } from "./network-verbs.ts";
import type { Body, Orders, PluginState, Verbs } from "./protocol.ts";

/*
 * A network and IPAM plugin of Docker's protocol v1 that works: bridges and veth pairs made with ip(8), addresses counted
 * up. `node server.ts SOCKET FOLDER [INTERFACES]`: each call is a line of FOLDER/calls; FOLDER/orders.json tells it to
 * misbehave (see Orders); what it has is kept in FOLDER/state.json, so that it can be killed and started again.
 */

if (import.meta.main)
  serve(process.argv[2] ?? "", process.argv[3] ?? "", process.argv[4] ?? "NetworkDriver,IpamDriver");

function serve(address: string, folder: string, interfaces: string): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(`${folder}/pid`, String(process.pid));
  const [stateFile, ordersFile] = [`${folder}/state.json`, `${folder}/orders.json`];
  const state: PluginState = existsSync(stateFile)
    ? (JSON.parse(readFileSync(stateFile, "utf8")) as PluginState)
    : { networks: {}, endpoints: {}, pools: {} };
  const implemented = interfaces.split(",");
  const verbs: Verbs = { "Plugin.Activate": () => ({ Implements: implemented }), ...networkVerbs, ...ipamVerbs };
  const work = (verb: string, body: Body): Body | undefined => {
    const result = verbs[verb]?.(body, state);
    writeFileSync(stateFile, JSON.stringify(state));
    return result;
  };
  const handle = async (request: IncomingMessage, response: ServerResponse) => {
    const verb = (request.url ?? "").slice(1);
    const body = JSON.parse((await text(request)) || "{}") as Body;
    appendFileSync(`${folder}/calls`, `${JSON.stringify({ verb, body })}\n`);
    const orders = existsSync(ordersFile) ? (JSON.parse(readFileSync(ordersFile, "utf8")) as Orders) : {};
    const order = orders[verb] ?? {};
    const send = (status: number, answer: string) => void response.writeHead(status).end(answer);
    if (order.after) work(verb, body);
    if (order.die) process.exit(1);
    if (order.hang) return;
    if (order.raw) return send(order.raw.status, order.raw.text);
    if (order.fail)
      return send(200, JSON.stringify(verb.startsWith("Ipam") ? { Error: order.fail } : { Err: order.fail }));
    try {
      const answer = work(verb, body);
      if (!answer) send(404, "404 page not found");
      else send(200, JSON.stringify({ ...answer, ...order.answer }));
    } catch (error) {
      send(200, JSON.stringify({ [verb.startsWith("Ipam") ? "Error" : "Err"]: String(error) }));
    }
  };
  const server = createServer((request, response) => void handle(request, response));
  if (address.startsWith("/")) {
    mkdirSync(dirname(address), { recursive: true });
    rmSync(address, { force: true });
    server.listen(address, () => console.log("ready"));
  } else {
    server.listen(Number(address), "127.0.0.1", () => console.log("ready"));
  }
}
