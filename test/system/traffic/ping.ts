/**
 * Pings echo.ts until SIGTERM, then prints what became of every ping, as JSON, and ends. Arguments: KIND:FAMILY:HOST:PORT.
 *   udp        one socket: the path of an established flow
 *   udp-fresh  a socket a ping: every packet is looked up in the firewall's maps anew, and none is ever sent twice
 *   tcp        one connection for all pings
 *   tcp-fresh  a connection a ping
 */
import { createSocket, type Socket as DgramSocket } from "node:dgram";
import { lookup } from "node:dns/promises";
import { connect } from "node:net";
import { createInterface } from "node:readline";
import type { PingReport } from "./report.ts";

interface Target {
  readonly family: 4 | 6;
  readonly address: string;
  readonly port: number;
}

type Ping = (sequence: number, answered: (sequence: number) => void, failed: (why: string) => void) => void;

const kinds: Readonly<Record<string, { everyMs: number; open: (target: Target) => Ping }>> = {
  udp: {
    everyMs: 5,
    open(target) {
      const socket = dgram(target);
      const state: { answered?: (sequence: number) => void } = {};
      socket.on("message", (bytes) => state.answered?.(Number(bytes)));
      return (sequence, answered, failed) => {
        state.answered = answered;
        socket.send(String(sequence), target.port, target.address, (error) => error && failed(String(error)));
      };
    },
  },
  "udp-fresh": {
    everyMs: 20,
    open: (target) => (sequence, answered, failed) => {
      const socket = dgram(target);
      socket.on("message", (bytes) => {
        socket.close();
        answered(Number(bytes));
      });
      socket.send(String(sequence), target.port, target.address, (error) => error && failed(String(error)));
    },
  },
  tcp: {
    everyMs: 5,
    open({ address, port }) {
      const socket = connect(port, address).setNoDelay(true);
      const state: { answered?: (sequence: number) => void; failed?: (why: string) => void } = {};
      createInterface({ input: socket }).on("line", (line) => state.answered?.(Number(line)));
      socket.on("error", (error) => state.failed?.(String(error)));
      socket.on("close", () => state.failed?.("the connection was closed"));
      return (sequence, answered, failed) => {
        Object.assign(state, { answered, failed });
        socket.write(`${sequence}\n`);
      };
    },
  },
  "tcp-fresh": {
    everyMs: 40,
    open:
      ({ address, port }) =>
      (sequence, answered, failed) => {
        const socket = connect(port, address, () => socket.write(`${sequence}\n`));
        socket.on("data", (bytes) => {
          socket.destroy();
          answered(Number(bytes));
        });
        socket.on("error", (error) => failed(String(error)));
      },
  },
};

function dgram({ family }: Target): DgramSocket {
  return createSocket({ type: family === 4 ? "udp4" : "udp6", recvBufferSize: 1 << 20 });
}

const running = process.argv.slice(2).map(run);
await Promise.all(running.map(({ ready }) => ready));
console.log("pinging");
process.on("SIGTERM", () => {
  for (const { stop } of running) stop();
  // What is on its way arrives at once; whatever has not by then has been lost.
  setTimeout(() => {
    console.log(JSON.stringify(running.map(({ report }) => report())));
    process.exit(0);
  }, 3_000);
});

function run(argument: string) {
  const [kind = "", family = "", host = "", port = ""] = argument.split(/:/);
  const { everyMs, open } = kinds[kind] ?? fail(argument);
  const outstanding = new Map<number, string>();
  const errors: string[] = [];
  let sent = 0;
  let timer: NodeJS.Timeout | undefined;
  const begin = async () => {
    const found = await lookup(host, { family: Number(family) });
    const ping = open({ family: found.family as 4 | 6, address: found.address, port: Number(port) });
    const once = () => {
      outstanding.set(++sent, new Date().toISOString());
      ping(
        sent,
        (answered) => outstanding.delete(answered),
        (why) => errors.push(`${new Date().toISOString()} ${why}`),
      );
    };
    timer = setInterval(once, everyMs);
  };
  return {
    ready: begin(),
    stop: () => clearInterval(timer),
    report: (): PingReport => ({ ping: argument, sent, lost: [...outstanding], errors }),
  };
}

function fail(argument: string): never {
  throw new Error(`no such ping: ${argument}`);
}
