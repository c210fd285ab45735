/** Runs inside a container: sends back what it gets, UDP and TCP, on the port given, and says "listening". */
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { createServer } from "node:net";

const port = Number(process.argv[2]);
const udp = createSocket({ type: "udp6", recvBufferSize: 1 << 20 });
udp.on("message", (bytes, { address, port: from }) => udp.send(bytes, from, address));
udp.bind(port, "::");
await once(udp, "listening");

const tcp = createServer((socket) => {
  socket.setNoDelay(true).on("error", () => socket.destroy());
  socket.pipe(socket);
});
tcp.listen(port, "::");
await once(tcp, "listening");
process.on("SIGTERM", () => process.exit(0));
console.log("listening");
