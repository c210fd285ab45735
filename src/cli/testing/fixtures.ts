import type { IncomingMessage, ServerResponse } from "node:http";
import type { Recorded } from "./fake-daemon.ts";

export interface Fixture {
  readonly matches: RegExp;
  answer(response: ServerResponse, recorded: Recorded, request: IncomingMessage): void;
}

const json =
  (status: number, body: unknown | ((recorded: Recorded) => unknown)) =>
  (response: ServerResponse, recorded: Recorded): void => {
    const text = JSON.stringify(typeof body === "function" ? body(recorded) : body);
    response.writeHead(status, { "Content-Type": "application/json" }).end(text);
  };

const nothing = (response: ServerResponse): void => void response.writeHead(204).end();
const refuse = (status: number, message: string) => json(status, { message });

const hex = (digit: string): string => digit.repeat(64).slice(0, 64);
export const webId = hex("a1");
const now = (): number => Math.floor(Date.now() / 1000);

const networks = [
  {
    Name: "bridge",
    Id: hex("b"),
    Created: "2026-01-02T03:04:05.678901234Z",
    Scope: "local",
    Driver: "bridge",
    EnableIPv4: true,
    EnableIPv6: false,
    IPAM: { Driver: "default", Options: null, Config: [{ Subnet: "172.17.0.0/16", Gateway: "172.17.0.1" }] },
    Internal: false,
    Attachable: false,
    Ingress: false,
    ConfigFrom: { Network: "" },
    ConfigOnly: false,
    Containers: {},
    Options: { "com.docker.network.bridge.default_bridge": "true", "com.docker.network.driver.mtu": "1500" },
    Labels: {},
  },
  {
    Name: "back-end",
    Id: hex("c"),
    Created: "2026-02-03T04:05:06.7Z",
    Scope: "local",
    Driver: "bridge",
    EnableIPv4: true,
    EnableIPv6: true,
    IPAM: { Driver: "default", Options: {}, Config: [{ Subnet: "10.5.0.0/24" }, { Subnet: "fd05::/64" }] },
    Internal: true,
    Attachable: false,
    Ingress: false,
    ConfigFrom: { Network: "" },
    ConfigOnly: false,
    Containers: {
      [webId]: {
        Name: "web",
        EndpointID: hex("d"),
        MacAddress: "02:42:0a:05:00:02",
        IPv4Address: "10.5.0.2/24",
        IPv6Address: "",
      },
    },
    Options: {},
    Labels: { team: "shop", tier: "2" },
  },
];

const ports = [
  { IP: "0.0.0.0", PrivatePort: 80, PublicPort: 8080, Type: "tcp" },
  { IP: "::", PrivatePort: 80, PublicPort: 8080, Type: "tcp" },
  ...[8000, 8001, 8002].flatMap((port) => [{ IP: "0.0.0.0", PrivatePort: port, PublicPort: port, Type: "tcp" }]),
  { PrivatePort: 443, Type: "tcp" },
  { IP: "127.0.0.1", PrivatePort: 53, PublicPort: 5353, Type: "udp" },
];

const containers = () => [
  {
    Id: webId,
    Names: ["/web"],
    Image: "nginx:1.27",
    ImageID: `sha256:${hex("e")}`,
    Command: "nginx -g 'daemon off; worker_processes 2;'",
    Created: now() - 3 * 3600 - 60,
    Ports: ports,
    Labels: { team: "shop", role: "front" },
    State: "running",
    Status: "Up 3 hours",
    HostConfig: { NetworkMode: "back-end" },
    NetworkSettings: { Networks: { "back-end": { IPAddress: "10.5.0.2" } } },
    Mounts: [
      {
        Type: "bind",
        Source: "/srv/pages",
        Destination: "/usr/share/nginx/html",
        Mode: "ro",
        RW: false,
        Propagation: "rprivate",
      },
    ],
  },
  {
    Id: hex("f2"),
    Names: ["/db"],
    Image: "host",
    ImageID: "",
    Command: "mariadbd",
    Created: now() - 40,
    Ports: [],
    Labels: {},
    State: "exited",
    Status: "Exited (3) 20 seconds ago",
    HostConfig: { NetworkMode: "bridge" },
    NetworkSettings: { Networks: { bridge: {} } },
    Mounts: [],
  },
];

const inspected = {
  Id: webId,
  Created: "2026-02-03T04:05:06.7Z",
  Path: "nginx",
  Args: ["-g", "daemon off;"],
  State: { Status: "running", Running: true, Pid: 4242, ExitCode: 0 },
  Name: "/web",
  RestartCount: 0,
  Driver: "overlay2",
  HostConfig: { NetworkMode: "back-end", PortBindings: { "80/tcp": [{ HostIp: "", HostPort: "8080" }] } },
  Config: { Hostname: "web", Tty: false, Image: "nginx:1.27", Labels: { team: "shop" }, Env: ["A=1", "B=2"] },
  NetworkSettings: {
    Ports: {
      "443/tcp": null,
      "53/udp": [{ HostIp: "127.0.0.1", HostPort: "5353" }],
      "80/tcp": [
        { HostIp: "0.0.0.0", HostPort: "8080" },
        { HostIp: "::", HostPort: "8080" },
      ],
    },
    Networks: {
      "back-end": { IPAddress: "10.5.0.2", MacAddress: "02:42:0a:05:00:02", Aliases: ["web"], GwPriority: 0 },
    },
  },
};

const images = () => [
  {
    Id: `sha256:${hex("e")}`,
    RepoTags: ["debian:12", "base:latest"],
    RepoDigests: [],
    Created: now() - 86_400 * 9,
    Size: 124_900_000,
  },
];

const ago = (seconds: number): string => new Date(Date.now() - seconds * 1000).toISOString();

/** This host, and one that gives no sign of life. */
const hosts = () => [
  {
    ...{ id: hex("1"), name: "box", address: "10.0.0.1", mtu: 1500, state: "live", since: ago(7200), version: "0.1.0" },
    ...{ created: "2026-01-01T00:00:00.000Z", epoch: 3, drained: false, self: true, seen: 90, lag: 7 },
  },
  {
    ...{ id: hex("23"), name: "crate", address: "10.0.0.2", mtu: 1500, state: "unknown", epoch: 1 },
    ...{ created: "2026-01-01T00:00:00.000Z", drained: true, self: false },
  },
];

/** Docker's frame of a stream: type, three zero bytes, length. */
function frame(type: number, text: string): Buffer {
  const bytes = Buffer.from(text);
  const head = Buffer.alloc(8);
  head[0] = type;
  head.writeUInt32BE(bytes.length, 4);
  return Buffer.concat([head, bytes]);
}

const multiplexed = "application/vnd.docker.multiplexed-stream";

/** Answers as Docker does when it takes the connection over; `talk` gets the raw connection. */
const upgrade =
  (talk: (socket: IncomingMessage["socket"]) => void) =>
  (response: ServerResponse, _recorded: Recorded, request: IncomingMessage): void => {
    const { socket } = request;
    response.detachSocket(socket);
    socket.removeAllListeners("data");
    socket.removeAllListeners("end");
    socket.write(
      `HTTP/1.1 101 UPGRADED\r\nContent-Type: ${multiplexed}\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n`,
    );
    talk(socket);
  };

/** The fake daemon's answers; the first that matches "METHOD /path" counts. */
export const fixtures: readonly Fixture[] = [
  { matches: /^(GET|HEAD) \/_ping$/, answer: (response) => void response.writeHead(200).end("OK") },
  {
    matches: /^GET \/networks$/,
    answer: json(
      200,
      networks.map((network) => ({ ...network, Containers: {} })),
    ),
  },
  { matches: /^POST \/networks\/create$/, answer: json(201, { Id: hex("c"), Warning: "" }) },
  { matches: /^POST \/networks\/prune$/, answer: json(200, { NetworksDeleted: ["old", "older"] }) },
  {
    matches: / \/networks\/(missing|gone)/,
    answer: (response, recorded) => refuse(404, `network ${recorded.path.split("/")[2]} not found`)(response, recorded),
  },
  {
    matches: /^GET \/networks\/(bridge|back-end)$/,
    answer: (response, recorded) =>
      json(
        200,
        networks.find(({ Name }) => recorded.path.endsWith(Name)),
      )(response, recorded),
  },
  { matches: /^DELETE \/networks\//, answer: nothing },
  { matches: /^POST \/networks\/.+\/(dis)?connect$/, answer: json(200, {}) },
  {
    matches: /^GET \/containers\/json$/,
    answer: json(200, (recorded: Recorded) => (recorded.query["all"] ? containers() : containers().slice(0, 1))),
  },
  { matches: /^POST \/containers\/create$/, answer: json(201, { Id: webId, Warnings: [] }) },
  { matches: /^POST \/containers\/prune$/, answer: json(200, { ContainersDeleted: [webId], SpaceReclaimed: 0 }) },
  { matches: / \/containers\/missing\b/, answer: refuse(404, "No such container: missing") },
  {
    matches: /^POST \/containers\/badcmd\/start$/,
    answer: refuse(400, 'OCI runtime create failed: exec: "nope": executable file not found in $PATH'),
  },
  { matches: /^GET \/containers\/.+\/json$/, answer: json(200, inspected) },
  { matches: /^POST \/containers\/.+\/wait$/, answer: json(200, { StatusCode: 7 }) },
  {
    matches: /^POST \/containers\/.+\/attach$/,
    answer: upgrade((socket) => void socket.end(Buffer.concat([frame(1, "out\n"), frame(2, "err\n")]))),
  },
  {
    matches: /^GET \/containers\/.+\/logs$/,
    answer: (response) =>
      void response
        .writeHead(200, { "Content-Type": multiplexed })
        .end(Buffer.concat([frame(1, "one\n"), frame(2, "two\n")])),
  },
  { matches: /^POST \/containers\/.+\/exec$/, answer: json(201, { Id: hex("9") }) },
  { matches: /^POST \/containers\/.+\/(start|stop|restart|kill|rename)$/, answer: nothing },
  { matches: /^DELETE \/containers\//, answer: nothing },
  {
    matches: /^POST \/exec\/.+\/start$/,
    answer(response, recorded, request) {
      if ((recorded.body as { Detach?: boolean }).Detach) return void response.writeHead(200).end();
      // Gives the input back, in capitals.
      upgrade((socket) => {
        socket.on("data", (bytes: Buffer) => void socket.write(frame(1, bytes.toString().toUpperCase())));
        socket.on("end", () => void socket.end(frame(2, "done\n")));
        socket.resume();
      })(response, recorded, request);
    },
  },
  { matches: /^POST \/exec\/.+\/resize$/, answer: json(200, {}) },
  { matches: /^GET \/exec\/.+\/json$/, answer: json(200, { Running: false, ExitCode: 5, Pid: 0 }) },
  { matches: /^GET \/images\/json$/, answer: json(200, () => images()) },
  { matches: /^GET \/images\/missing\/json$/, answer: refuse(404, "No such image: missing:latest") },
  {
    matches: /^GET \/images\/.+\/json$/,
    answer: json(200, { Id: `sha256:${hex("e")}`, RepoTags: ["debian:12"], Size: 124_900_000 }),
  },
  { matches: /^POST \/images\/create$/, answer: json(200, { status: `sha256:${hex("e")}` }) },
  { matches: /^DELETE \/images\//, answer: json(200, [{ Untagged: "debian:12" }, { Deleted: `sha256:${hex("e")}` }]) },
  {
    matches: /^GET \/events$/,
    answer: (response) =>
      void response
        .writeHead(200, { "Content-Type": "application/json" })
        .end(
          [
            '{"Type":"network","Action":"connect","Actor":{"ID":"' +
              hex("c") +
              '","Attributes":{"container":"' +
              webId +
              '","name":"back-end","type":"bridge"}},"scope":"local","time":1767323045,"timeNano":1767323045678901234}',
            '{"status":"start","id":"' +
              webId +
              '","from":"nginx:1.27","Type":"container","Action":"start","Actor":{"ID":"' +
              webId +
              '","Attributes":{"image":"nginx:1.27","name":"web"}},"scope":"local","time":1767323046,"timeNano":1767323046000000001}',
          ]
            .map((line) => `${line}\n`)
            .join(""),
        ),
  },
  {
    matches: /^GET \/version$/,
    answer: json(200, {
      Version: "0.1.0",
      ApiVersion: "1.51",
      MinAPIVersion: "1.24",
      Os: "linux",
      Arch: "amd64",
      KernelVersion: "6.1.0",
      GoVersion: "node v26",
    }),
  },
  {
    matches: /^GET \/info$/,
    answer: json(200, {
      ServerVersion: "0.1.0",
      Containers: 2,
      ContainersRunning: 1,
      ContainersStopped: 1,
      Images: 1,
      Name: "box",
      Driver: "overlay2",
      Plugins: { Network: ["bridge", "host", "none"] },
      DefaultAddressPools: [{ Base: "172.17.0.0/16", Size: 24 }],
      FirewallBackend: { Driver: "nftables" },
      IPv4Forwarding: true,
      KernelVersion: "6.1.0",
      OperatingSystem: "Debian",
      NCPU: 2,
      MemTotal: 4_000_000_000,
      DockerRootDir: "/var/lib/fairlead",
      Warnings: ["a warning"],
    }),
  },
  { matches: /^POST \/fairlead\/reset$/, answer: nothing },
  { matches: /^GET \/fairlead\/hosts$/, answer: json(200, () => ({ hosts: hosts() })) },
  {
    matches: / \/fairlead\/hosts\/missing/,
    answer: refuse(404, "host missing not found in the cluster: known are box, crate"),
  },
  { matches: /^GET \/fairlead\/hosts\/.+$/, answer: json(200, () => hosts()[0]) },
  {
    matches: /^DELETE \/fairlead\/hosts\/box$/,
    answer: refuse(409, "Cannot remove host box: its daemon is there"),
  },
  { matches: /^(DELETE|POST) \/fairlead\/hosts\//, answer: json(200, {}) },
  {
    matches: /^GET \/fairlead\/cluster$/,
    answer: json(200, () => ({
      ...{ state: "away", connected: false, why: "10.0.0.1:2379 does not answer", since: ago(300) },
      ...{ seen: 90, waiting: 2, outages: 4, hosts: { live: 1, unknown: 1 } },
      store: {
        ...{ address: "etcd://10.0.0.1:2379/fairlead", version: "etcd 3.5.16", revision: 120 },
        members: [
          { name: "a", endpoint: "10.0.0.1:2379", leader: true },
          { name: "10.0.0.2:2379", endpoint: "10.0.0.2:2379", leader: false },
        ],
        warnings: ["the database is almost full"],
      },
      ...{ lag: 7, host: { id: hex("1"), name: "box", address: "10.0.0.1", epoch: 3 } },
    })),
  },
  {
    matches: /^POST \/fairlead\/repair$/,
    answer: json(200, (recorded: Recorded) => ({
      differences: [
        { problem: "missing", object: "bridge br-0123", owner: "network/0123", detail: "bridge of back-end" },
      ],
      repaired: recorded.query["dry-run"] === undefined,
    })),
  },
  {
    matches: /^POST \/fairlead\/containers\/.+\/ports$/,
    answer: json(200, { ports: [{ protocol: "tcp", hostIp: "0.0.0.0", hostPort: 8080, containerPort: 80 }] }),
  },
  {
    matches: /^DELETE \/fairlead\/containers\/.+\/ports$/,
    answer: json(200, { ports: [{ protocol: "tcp", hostIp: "0.0.0.0", hostPort: 8080, containerPort: 80 }] }),
  },
];
