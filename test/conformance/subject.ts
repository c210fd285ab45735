import { request } from "node:http";
import { join } from "node:path";
import { Host } from "../../lab/host.ts";
import { rootArchive } from "../../lab/images/docker-archive.ts";
import { checkout, lineOf, type Result } from "../../lab/process.ts";

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** As it came. */
  readonly text: string;
  /** undefined when it is no JSON. */
  readonly json: unknown;
}

export interface Sent {
  readonly method: string;
  readonly path: string;
  readonly body?: string | Buffer | undefined;
  readonly headers?: Readonly<Record<string, string>>;
}

/** An engine on a throw-away host of its own, with a machine "outside" on its network. */
export interface Subject extends AsyncDisposable {
  readonly name: string;
  readonly host: Host;
  /** As seen from outside. */
  readonly socket: string;
}

/** Sends a request to an engine and reads the answer to its end. */
export function send(subject: Pick<Subject, "socket">, { method, path, body, headers }: Sent): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const options = { socketPath: subject.socket, method, path, headers: { ...headers }, agent: false };
  const sent = request(options, (answer) => {
    const parts: Buffer[] = [];
    answer.on("data", (part: Buffer) => parts.push(part));
    answer.once("error", reject);
    answer.once("end", () => {
      const text = Buffer.concat(parts).toString();
      const read = Object.entries(answer.headers).map(([name, value]) => [name, String(value)]);
      resolve({ status: answer.statusCode ?? 0, headers: Object.fromEntries(read), text, json: parse(text) });
    });
  });
  sent.once("error", reject);
  sent.end(body);
  return promise;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // plain text, or a stream
  }
}

const network = `
  ip netns add outside
  ip link add uplink type veth peer name uplink netns outside
  ip address add 192.0.2.1/24 dev uplink
  ip address add fd99::1/64 dev uplink nodad
  ip link set uplink up
  ip -n outside link set lo up
  ip -n outside address add 192.0.2.2/24 dev uplink
  ip -n outside address add fd99::2/64 dev uplink nodad
  ip -n outside link set uplink up
  ip -n outside route add default via 192.0.2.1
  ip route add default via 192.0.2.2`;

/** A host with the machine beside it: reached at 192.0.2.2, and knowing the way to every address by 192.0.2.1. */
export async function connectedHost(name: string): Promise<Host> {
  const host = await Host.create(name);
  await host.run("sh", "-ec", network);
  return host;
}

/** Makes the machine beside it the host's name server. */
export async function setNameServer({ host }: Pick<Subject, "host">): Promise<void> {
  const write = `printf 'search example.test\\nnameserver 192.0.2.2\\n' >"$1" && mount --bind "$1" /etc/resolv.conf`;
  await host.run("sh", "-ec", write, "sh", `${host.folder}/resolv.conf`);
}

const dnsServer = join(checkout, "test/system/names/dns-server.ts");

/** DNS servers outside, which call themselves 198.51.100.2 and 198.51.100.3. */
export async function startServers({ host }: Pick<Subject, "host">): Promise<void> {
  await host.run("sh", "-ec", "for n in 3 4; do ip -n outside address add 192.0.2.$n/24 dev uplink; done");
  for (const n of [2, 3]) {
    const argv = ["ip", "netns", "exec", "outside", process.execPath, dnsServer, `198.51.100.${n}`, `192.0.2.${n}`];
    await lineOf(host.spawn(argv), /^listening$/, "the DNS server outside");
  }
}

/** The image of busybox that containers run from. */
export function importImage(subject: Pick<Subject, "socket">): Promise<Answer> {
  return send(subject, {
    method: "POST",
    path: "/images/create?fromSrc=-&repo=conformance&tag=latest",
    headers: { "content-type": "application/x-tar" },
    body: rootArchive(),
  });
}

/** Runs a command in a process's network and files, or in its network alone. */
export function inProcess(subject: Subject, pid: number, argv: readonly string[], files: boolean): Promise<Result> {
  const namespaces = files ? ["--net", "--mount", "--uts"] : ["--net"];
  return subject.host.exec(["nsenter", `--target=${pid}`, ...namespaces, "--", ...argv], { timeoutMs: 20_000 });
}
