/**
 * One process inside a namespace of a lab: serves and asks on behalf of a test, over the channel of child_process.
 * A server answers every connection and datagram with the address it sees its client at; TCP then echoes.
 */
import { createSocket } from "node:dgram";
import { connect, createServer, type Socket } from "node:net";
import type { AgentRequest } from "./topology.ts";

const plain = (address: string) => address.replace(/^::ffff:/, "");
const held = new Map<number, { socket: Socket; next: () => Promise<string> }>();

const serve = {
  async tcp(port: number, address = "::"): Promise<string> {
    const server = createServer((socket) => {
      socket.on("error", () => socket.destroy()); // a client that went away is not the server's concern
      socket.write(`${plain(socket.remoteAddress ?? "")}\n`);
      socket.pipe(socket);
    });
    server.listen(port, address);
    await new Promise((resolve, reject) => server.once("listening", resolve).once("error", reject));
    return "";
  },
  async udp(port: number, address?: string): Promise<string> {
    const addresses = address === undefined ? ["0.0.0.0", "::"] : [address];
    for (const at of addresses) {
      const type = at.includes(":") ? "udp6" : "udp4";
      const socket = createSocket({ type, ipv6Only: type === "udp6" });
      socket.on("message", (_text, from) => socket.send(plain(from.address), from.port, from.address));
      await new Promise<void>((resolve) => socket.bind(port, at, resolve));
    }
    return "";
  },
};

/** Lines from a socket, one a call. */
function lines(socket: Socket): () => Promise<string> {
  const chunks = socket[Symbol.asyncIterator]();
  let text = "";
  return async () => {
    while (!text.includes("\n")) {
      const { done, value } = await chunks.next();
      if (done) throw new Error("the connection ended");
      text += String(value);
    }
    const end = text.indexOf("\n");
    const line = text.slice(0, end);
    text = text.slice(end + 1);
    return line;
  };
}

const ask = {
  async tcp(address: string, port: number, keep?: number): Promise<string> {
    const socket = connect({ host: address, port });
    const next = lines(socket);
    try {
      return await next();
    } finally {
      if (keep === undefined) socket.destroy();
      else held.set(keep, { socket, next });
    }
  },
  udp(address: string, port: number): Promise<string> {
    const socket = createSocket(address.includes(":") ? "udp6" : "udp4");
    return new Promise<string>((resolve, reject) => {
      // Connected, so that an answer from another address or port is not taken, and a refusal is heard.
      socket.on("error", reject).on("message", (text) => resolve(String(text)));
      const ask = (error?: Error) => (error ? reject(error) : socket.send("?")); // no route: told here, and only here
      socket.connect(port, address, ask as () => void);
    }).finally(() => socket.close());
  },
};

async function echo(id: number, text: string): Promise<string> {
  const flow = held.get(id);
  if (!flow) throw new Error(`no flow ${id} is held`);
  flow.socket.write(`${text}\n`);
  return flow.next();
}

function handle(request: AgentRequest): Promise<string> {
  if (request.do === "serve") return serve[request.protocol](request.port, request.address);
  if (request.do === "echo") return echo(request.flow, request.text);
  if (request.protocol === "udp") return ask.udp(request.address, request.port);
  return ask.tcp(request.address, request.port, request.keep);
}

process.on("message", (request: AgentRequest & { id: number }) => {
  const answer = (result: { ok?: string; error?: string }) => process.send?.({ id: request.id, ...result });
  const refused = (error: NodeJS.ErrnoException) => answer({ error: error.code ?? error.message });
  const patience = setTimeout(() => answer({ error: "silence" }), request.patienceMs);
  handle(request)
    .then((ok) => answer({ ok }), refused)
    .finally(() => clearTimeout(patience));
});
process.on("disconnect", () => process.exit(0));
