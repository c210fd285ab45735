// A page that counts its visits in Redis, which it finds by name. Usage: node web.ts [redis host] [port]
import { createServer } from "node:http";
import { connect } from "node:net";

const redis = process.argv[2] ?? "redis";
const port = Number(process.argv[3] ?? 5000);

/** One INCR over RESP (redis.io/docs/reference/protocol-spec): `:<number>\r\n` is the answer. */
function countVisit(): Promise<number> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: redis, port: 6379 }, () => socket.write("INCR hits\r\n"));
    socket.setTimeout(3000, () => socket.destroy(new Error(`redis at ${redis} did not answer within 3 s`)));
    socket.once("data", (answer) => {
      socket.end();
      const count = /^:(\d+)/.exec(answer.toString());
      if (count) resolve(Number(count[1]));
      else reject(new Error(`redis answered ${JSON.stringify(answer.toString())}`));
    });
    socket.once("error", reject);
  });
}

const server = createServer((request, response) => {
  if (request.url !== "/") return void response.writeHead(404).end("only / is here\n");
  countVisit().then(
    (visits) => response.end(`Hello from Fairlead! This is visit number ${visits}.\n`),
    (error: Error) => response.writeHead(500).end(`cannot count the visit: ${error.message}\n`),
  );
});
server.listen(port, "::", () => console.log(`listening on port ${port}`));
process.once("SIGTERM", () => process.exit(0));
