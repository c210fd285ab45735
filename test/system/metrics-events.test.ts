import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { callApi, refusal } from "../../lab/api.ts";
import { Host } from "../../lab/host.ts";
import { checkout, ending, lineOf } from "../../lab/process.ts";

const host = await Host.create();
after(() => host[Symbol.asyncDispose]());
const daemon = await host.startDaemon("--userland-proxy=false", "--storage-driver", "overlay2", "--live-restore");
const fairlead = [`${checkout}/fairlead`, "--host", `unix://${host.socket}`];
const get = (path: string) =>
  host.run("curl", "--silent", "--show-error", "--fail", "--unix-socket", host.socket, `http://x${path}`);
const lines = (text: string) => text.split("\n").filter((line) => line !== "");

before(async () => {
  for (const name of ["web", "db"])
    await host.fairlead("run", "-d", "--name", name, "--rootfs", "host", "sleep", "infinity");
});

/** One line of Prometheus' text format, version 0.0.4. */
const sample =
  /^([a-zA-Z_:][\w:]*)(?:\{((?:[a-zA-Z_]\w*="(?:[^"\\\n]|\\[\\"n])*",?)*)\})? (-?[\d.]+(?:e[+-]?\d+)?|NaN|[+-]Inf)$/;
const comment = /^# (?:HELP [a-zA-Z_:][\w:]* .+|TYPE [a-zA-Z_:][\w:]* (?:counter|gauge|histogram|summary))$/;

/** Name and labels to value; fails on a line that is none. */
function parse(page: string): Map<string, number> {
  const wrong = lines(page).filter((line) => !sample.test(line) && !comment.test(line));
  assert.deepEqual(wrong, []);
  return new Map(
    lines(page).flatMap((line) =>
      line.startsWith("#")
        ? []
        : [[line.slice(0, line.lastIndexOf(" ")), Number(line.slice(line.lastIndexOf(" ") + 1))]],
    ),
  );
}

/** The sum of a metric over the samples whose labels have all of these. */
function sum(samples: Map<string, number>, name: string, ...labels: string[]): number {
  const found = [...samples].filter(
    ([key]) => key.replace(/\{.*/, "") === name && labels.every((label) => key.includes(label)),
  );
  assert.notEqual(found.length, 0, `no ${name} with ${labels.join(" ")}`);
  return found.reduce((total, [, value]) => total + value, 0);
}

test("API-5 /metrics is Prometheus' text format, each metric with its type, and never twice the same sample", async () => {
  const page = await get("/metrics");
  const samples = parse(page);
  assert.equal(samples.size, lines(page).filter((line) => !line.startsWith("#")).length);
  const typed = new Set([...page.matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name));
  const untyped = [...samples.keys()]
    .map((key) => key.replace(/\{.*/, ""))
    .filter((name) => !typed.has(name) && !typed.has(name.replace(/_(bucket|sum|count)$/, "")));
  assert.deepEqual(untyped, []);
  const { headers } = await fetchHead();
  assert.match(headers, /content-type: text\/plain; version=0\.0\.4/i);
});

test("API-5 pages of /metrics asked for at the same time are in the format, too", async () => {
  const url = "http://x/metrics";
  const pages = host.run(
    "curl",
    "-sS",
    "--fail",
    "--unix-socket",
    host.socket,
    ...Array.from({ length: 10 }, () => url),
  );
  parse(await pages);
});

async function fetchHead(): Promise<{ headers: string }> {
  const dump = ["curl", "--silent", "--output", "/dev/null", "--dump-header", "-", "--unix-socket", host.socket];
  return { headers: await host.run(...dump, "http://x/metrics") };
}

test("API-5 container_network_* names container and network, and grows with traffic by what went through", async () => {
  const before = parse(await get("/metrics"));
  await host.fairlead("exec", "web", "ping", "-q", "-c", "20", "-i", "0.01", "-s", "1000", "db");
  const now = parse(await get("/metrics"));
  const grown = (name: string, container: string) => {
    const labels = [`name="${container}"`, 'interface="eth0"', 'network="bridge"', 'image="host"'];
    return sum(now, `container_network_${name}`, ...labels) - sum(before, `container_network_${name}`, ...labels);
  };
  // 1000 bytes, headers of ICMP, IPv4 and Ethernet: 20 times 1042. Address resolution comes on top.
  for (const [name, container] of [
    ["transmit_bytes_total", "web"],
    ["receive_bytes_total", "db"],
    ["receive_bytes_total", "web"],
  ] as const) {
    assert.ok(
      grown(name, container) >= 20_840 && grown(name, container) < 22_000,
      `${name} of ${container}: ${grown(name, container)}`,
    );
  }
  assert.ok(grown("transmit_packets_total", "web") >= 20);
  assert.equal(grown("receive_errors_total", "web"), 0);
});

test("API-5 /metrics counts containers, networks, actions, events and DNS answers", async () => {
  const before = parse(await get("/metrics"));
  await host.fairlead("network", "create", "counted");
  await host.fairlead("exec", "web", "getent", "hosts", "db");
  await refusal(host, "POST", "/networks/create", { Name: "counted" });
  const now = parse(await get("/metrics"));
  const grown = (name: string, ...labels: string[]) => {
    const has = [...before.keys()].some((key) => key.startsWith(name) && labels.every((label) => key.includes(label)));
    return sum(now, name, ...labels) - (has ? sum(before, name, ...labels) : 0);
  };
  assert.deepEqual(
    [grown("fairlead_networks"), sum(now, "fairlead_containers", 'status="running"'), sum(now, "fairlead_endpoints")],
    [1, 2, 2],
  );
  assert.equal(grown("fairlead_events_total", 'type="network"', 'action="create"'), 1);
  assert.equal(grown("fairlead_action_duration_seconds_count", 'action="network_create"', 'outcome="ok"'), 1);
  assert.equal(grown("fairlead_action_duration_seconds_count", 'action="network_create"', 'outcome="error"'), 1);
  assert.ok(grown("fairlead_dns_responses_total", 'rcode="NOERROR"') > 0);
  await host.fairlead("network", "rm", "counted");
});

test("API-5 /metrics forgets a container that is gone", async () => {
  await host.fairlead("run", "-d", "--name", "brief", "--rootfs", "host", "sleep", "infinity");
  assert.match(await get("/metrics"), /name="brief"/);
  await host.fairlead("rm", "--force", "brief");
  assert.doesNotMatch(await get("/metrics"), /name="brief"/);
});

test("API-5 /events streams what happens, in order, as one JSON object a line", async () => {
  const watching = host.spawn([...fairlead, "events", "--format", "{{.Type}} {{.Action}} {{.Actor.Attributes.name}}"]);
  const said: string[] = [];
  watching.stdout?.setEncoding("utf8").on("data", (text: string) => said.push(text));
  // An event that is seen says that the stream has begun; until then it is made again.
  const begun = lineOf(watching, /^network create probe$/, "events");
  let waiting = true;
  void begun.then(() => (waiting = false));
  while (waiting) {
    await host.fairlead("network", "create", "probe");
    await host.fairlead("network", "rm", "probe");
  }
  const destroyed = lineOf(watching, /^container destroy seen$/, "events");
  await host.cli("run", "--rm", "--name", "seen", "--rootfs", "host", "sh", "-c", "exit 3");
  await destroyed;
  process.kill(-(watching.pid ?? 0), "SIGTERM");
  await ending(watching);
  const own = lines(said.join("")).filter((line) => line.endsWith(" seen"));
  const order = ["container create", "container start", "container die", "container destroy"];
  assert.deepEqual(
    own.filter((line) => order.some((each) => line.startsWith(each))),
    order.map((each) => `${each} seen`),
  );
  const raw = lines(await get("/events?since=1&until=1")).map((line) => JSON.parse(line) as unknown);
  assert.deepEqual(raw, []);
});

test("API-5 --since, --until and --filter choose among the events that are over, each with its attributes", async () => {
  const began = new Date().toISOString();
  await host.fairlead("network", "create", "ev");
  await host.cli(
    "run",
    "--name",
    "evc",
    "--network",
    "ev",
    "--label",
    "kind=test",
    "--rootfs",
    "host",
    "sh",
    "-c",
    "exit 4",
  );
  await host.fairlead("rm", "evc");
  const between = new Date().toISOString();
  await host.fairlead("network", "rm", "ev");
  const events = async (...args: string[]) =>
    lines(
      await host.fairlead("events", "--since", began, "--until", "0s", "--format", "{{.Type}} {{.Action}}", ...args),
    );
  assert.deepEqual(await events("--filter", "type=network"), [
    "network create",
    "network connect",
    "network disconnect",
    "network destroy",
  ]);
  assert.deepEqual(await events("--filter", "type=network", "--filter", "event=destroy"), ["network destroy"]);
  assert.deepEqual(await events("--filter", "container=evc", "--filter", "event=die"), ["container die"]);
  assert.deepEqual(
    await events("--filter", "label=kind=test", "--filter", "event=create", "--filter", "event=destroy"),
    ["container create", "container destroy"],
  );
  assert.deepEqual(await events("--filter", "network=ev", "--filter", "event=create"), ["network create"]);
  const until = lines(
    await host.fairlead(
      "events",
      "--since",
      began,
      "--until",
      between,
      "--filter",
      "type=network",
      "--format",
      "{{.Action}}",
    ),
  );
  assert.deepEqual(until, ["create", "connect", "disconnect"]);
  const [died = ""] = await Promise.all([
    host.fairlead("events", "--since", began, "--until", "0s", "--filter", "event=die", "--format", "json"),
  ]);
  const { Actor, time, timeNano } = JSON.parse(died) as {
    Actor: { Attributes: Record<string, string> };
    time: number;
    timeNano: number;
  };
  assert.deepEqual(
    [Actor.Attributes["name"], Actor.Attributes["exitCode"], Actor.Attributes["kind"]],
    ["evc", "4", "test"],
  );
  assert.equal(Math.floor(timeNano / 1e9), time);
});

test("API-5 /fairlead/openapi.json describes every route of our own, with its answers", async () => {
  const document = JSON.parse(await get("/fairlead/openapi.json")) as {
    openapi: string;
    paths: Record<string, Record<string, { summary: string; responses: Record<string, unknown> }>>;
  };
  assert.match(document.openapi, /^3\.1/);
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { summary, responses }]) => {
      assert.ok(summary.length > 5);
      assert.ok(Object.keys(responses).includes("200"), `${method} ${path}`);
      return `${method} ${path}`;
    }),
  );
  const own = [
    "delete /fairlead/containers/{id}/ports",
    "delete /fairlead/hosts/{reference}",
    "get /fairlead/cluster",
    "get /fairlead/hosts",
    "get /fairlead/hosts/{reference}",
    "post /fairlead/cluster/rotate-key",
    "post /fairlead/containers/{id}/ports",
    "post /fairlead/hosts/{reference}/drain",
    "post /fairlead/repair",
    "post /fairlead/reset",
  ];
  assert.deepEqual(operations.sort(), own);
  for (const operation of operations) {
    const [method = "", path = ""] = operation.split(" ");
    if (path.endsWith("reset")) continue; // it would
    const answer = await callApi<{ message?: string }>(
      host,
      method.toUpperCase() as "POST",
      path.replace(/\{\w+\}/, "nobody"),
      {},
    );
    assert.notEqual(answer.body.message, "page not found", operation);
  }
});

test("API-6 dockerd's flags that have no meaning here are accepted with a warning that says why", async () => {
  const warned = daemon.log
    .map((line) => JSON.parse(line) as { level: string; msg: string })
    .filter(({ level }) => level === "warn");
  assert.deepEqual(
    warned.map(({ msg }) => msg),
    [
      "--userland-proxy has no effect: published ports are rewritten by the kernel, there is no proxy process",
      "--storage-driver has no effect: images are unpacked once and shared through overlayfs",
      "--live-restore has no effect: containers always outlive the daemon",
    ],
  );
});

const configurations: [what: string, file: string, flags: string[], says: RegExp][] = [
  [
    "a setting given twice",
    '{"mtu": 1400}',
    ["--mtu", "1300"],
    /specified both as a flag and in the configuration file: mtu: \(from flag: 1300, from file: 1400\)/,
  ],
  ["an unknown setting", '{"mtuu": 1400}', [], /don't match any configuration option: mtuu/],
  ["a setting of a wrong type", '{"mtu": "big"}', [], /"mtu" must be a number/],
  ["no JSON", "{mtu: 1400}", [], /it is no JSON: /],
  ["a list", "[]", [], /must be (a JSON|an) object/],
];

for (const [what, file, flags, says] of configurations) {
  test(`API-6 a configuration file with ${what} is refused, with the setting and the reason`, async () => {
    await host.run("sh", "-c", `printf %s '${file}' > ${host.folder}/daemon.json`);
    const { code, stdout, stderr } = await host.exec([
      `${checkout}/fairlead`,
      "daemon",
      "--validate",
      "--config-file",
      `${host.folder}/daemon.json`,
      ...flags,
    ]);
    assert.deepEqual([code, stdout], [125, ""]);
    assert.match(stderr, says);
  });
}

const flags: [flags: string[], says: RegExp][] = [
  [["--no-such-flag"], /unknown option '--no-such-flag'/],
  [["--mtu", "5"], /Invalid --mtu: "5" is not a number from 68 to 65535/],
  [["--bip", "nonsense"], /Invalid --bip: "nonsense" is no IPv4 address with a prefix length/],
  [["--host", "ftp://x"], /Invalid --host: "ftp:\/\/x" is neither/],
  [["--log-level", "loud"], /Invalid --log-level: "loud" is none of debug, info, warn, error, fatal/],
  [
    ["--default-address-pool", "base=10.0.0.0/8,size=4"],
    /Invalid --default-address-pool: size 4 of 10\.0\.0\.0\/8 must be from 8 to 32/,
  ],
  [["--config-file", "/nowhere.json"], /cannot read \/nowhere\.json/],
];

for (const [given, says] of flags) {
  test(`API-6 fairlead daemon ${given.join(" ")} is refused with the reason`, async () => {
    const { code, stderr } = await host.exec([`${checkout}/fairlead`, "daemon", "--validate", ...given]);
    assert.equal(code, 125);
    assert.match(stderr, says);
  });
}

test("API-4 a second daemon in the same network namespace is refused, and the first one's network is untouched", async () => {
  const fresh = await host.snapshot();
  const other = `${host.folder}/other`;
  const roots = ["--data-root", `${other}/data`, "--exec-root", `${other}/run`, "--pidfile", `${other}/pid`];
  const { code, stderr } = await host.exec([
    `${checkout}/fairlead`,
    "daemon",
    "--host",
    `unix://${other}/sock`,
    ...roots,
  ]);
  assert.equal(code, 1);
  assert.match(stderr, /Cannot manage the networks of this host: another Fairlead daemon does/);
  assert.deepEqual(await host.snapshot(), fresh);
  assert.equal((await host.exec(["test", "-e", `${other}/pid`])).code, 1);
  assert.equal(await host.fairlead("exec", "web", "getent", "hosts", "db").then((text) => text.split(/ +/)[1]), "db");
});
