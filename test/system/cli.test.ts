import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Host } from "../../lab/host.ts";
import { checkout } from "../../lab/process.ts";

const host = await Host.create();
after(() => host[Symbol.asyncDispose]());
await host.startDaemon();
const fairlead = `${checkout}/fairlead`;

const say = async (...args: string[]) => {
  const { code, stdout, stderr } = await host.cli(...args);
  return [code, stdout, stderr] as const;
};
const parsed = (text: string) => JSON.parse(text) as Record<string, unknown>;
const lines = (text: string) => text.split("\n").filter((line) => line !== "");

before(async () => {
  await host.fairlead("network", "create", "--label", "tier=front", "blue");
  const run = ["run", "-d", "--network", "blue", "--rootfs", "host"];
  const ports = ["-p", "8080:80", "-p", "9090-9099:9090-9099/udp"];
  await host.fairlead(
    ...run,
    "--name",
    "web",
    "--label",
    "tier=front",
    "--label",
    "odd=a b",
    ...ports,
    "sleep",
    "infinity",
  );
  await host.fairlead(...run, "--name", "db", "--label", "tier=back", "sh", "-c", "while :; do sleep 1; done");
  await host.fairlead("create", "--name", "idle", "--rootfs", "host", "true");
});

test("API-7 --format json prints one object a line, whose fields are those of templates", async () => {
  const containers = lines(await host.fairlead("ps", "-a", "--format", "json")).map(parsed);
  assert.deepEqual(
    containers.map(({ Names, State }) => `${Names} ${State}`),
    ["idle created", "db running", "web running"],
  );
  const names = Object.keys(containers[0] ?? {});
  assert.deepEqual(names, names.toSorted());
  const [first = "{}"] = lines(await host.fairlead("ps", "-a", "--format", "{{json .}}"));
  assert.deepEqual(Object.keys(parsed(first)), names);
  const template = names.map((name) => `{{.${name}}}`).join("\u0001");
  const values = lines(await host.fairlead("ps", "--filter", "name=web", "--format", template))[0]?.split("\u0001");
  assert.deepEqual(values?.length, names.length);
  assert.equal(values?.[names.indexOf("Names")], "web");
  const networks = lines(await host.fairlead("network", "ls", "--format", "json")).map(parsed);
  assert.deepEqual(
    networks.map(({ Name }) => Name),
    ["blue", "bridge", "host", "none"],
  );
  assert.equal(parsed(await host.fairlead("version", "--format", "json"))["Client"] instanceof Object, true);
  assert.equal(parsed(await host.fairlead("info", "--format", "json"))["ContainersRunning"], 2);
});

const templates: [args: string[], printed: string][] = [
  [["ps", "--format", '{{.Names}}: {{.Label "tier"}}'], "db: back\nweb: front"],
  [["ps", "--format", '{{.Names | upper}} {{len .Names}} {{printf "%-5s|" .Names}}'], "DB 2 db   |\nWEB 3 web  |"],
  [["ps", "--format", '{{if eq .Names "db"}}yes{{else}}no{{end}}'], "yes\nno"],
  [["ps", "--format", "table {{.Names}}\\t{{.State}}"], "NAMES     STATE\ndb        running\nweb       running"],
  [
    ["network", "inspect", "--format", "{{.Name}} {{range .IPAM.Config}}{{.Subnet}} {{.Gateway}}{{end}}", "blue"],
    "blue 172.18.0.0/24 172.18.0.1",
  ],
  [
    ["inspect", "--format", '{{.Name}} {{json .Config.Cmd}} {{index .Config.Labels "odd"}}', "web"],
    '/web ["sleep","infinity"] a b',
  ],
  [
    [
      "inspect",
      "--format",
      "{{range $name, $net := .NetworkSettings.Networks}}{{$name}}={{$net.IPAddress}}{{end}}",
      "web",
    ],
    "blue=172.18.0.2",
  ],
  [["inspect", "--format", '{{(index (index .NetworkSettings.Ports "80/tcp") 0).HostPort}}', "web"], "8080"],
  [["inspect", "--type", "network", "--format", "{{.Driver}}", "blue"], "bridge"],
  [["version", "--format", "{{.Server.ApiVersion}}"], "1.51"],
];

for (const [args, printed] of templates) {
  test(`API-7 templates: fairlead ${args.join(" ")}`, async () => {
    assert.deepEqual(await say(...args), [0, `${printed}\n`, ""]);
  });
}

test("API-7 a template that is none, or a field that is not there, is told with what it is", async () => {
  assert.match((await say("ps", "--format", "{{.Names"))[2], /template parsing error: .*"}}" is missing/);
  const [code, out, errors] = await say("ps", "--format", "{{.Nmae}}");
  assert.deepEqual([code, out], [1, ""]);
  assert.match(errors, /no entry for key "Nmae"/);
});

const filtered: [args: string[], names: string[]][] = [
  [
    ["ps", "-a"],
    ["idle", "db", "web"],
  ],
  [
    ["ps", "--filter", "name=b"],
    ["db", "web"],
  ],
  [["ps", "--filter", "name=^b"], []],
  [["ps", "--filter", "label=tier=back"], ["db"]],
  [["ps", "--filter", "label=tier", "--filter", "name=web"], ["web"]],
  [["ps", "--filter", "status=created"], ["idle"]],
  [
    ["ps", "--filter", "network=blue"],
    ["db", "web"],
  ],
  [["ps", "--filter", "publish=8080"], ["web"]],
  [["ps", "--last", "1"], ["idle"]],
  [["ps", "-a", "--filter", "before=db"], ["web"]],
  [
    ["ps", "-a", "--filter", "since=web"],
    ["idle", "db"],
  ],
];

for (const [args, names] of filtered) {
  test(`API-7 filters: fairlead ${args.join(" ")}`, async () => {
    assert.deepEqual(lines(await host.fairlead(...args, "--format", "{{.Names}}")), names);
  });
}

test("API-7 -q prints ids alone, --no-trunc whole ones, and they can be given back", async () => {
  const ids = lines(await host.fairlead("ps", "-q", "--no-trunc"));
  assert.ok(ids.every((id) => /^[0-9a-f]{64}$/.test(id)) && ids.length === 2);
  assert.deepEqual(
    lines(await host.fairlead("ps", "-q")),
    ids.map((id) => id.slice(0, 12)),
  );
  assert.equal(await host.fairlead("inspect", "--format", "{{.Name}}", (ids[0] ?? "").slice(0, 6)), "/db");
  assert.deepEqual(lines(await host.fairlead("network", "ls", "-q", "--filter", "label=tier=front")).length, 1);
});

/** What a command prints on a terminal of so many columns. */
const onTerminal = async (columns: number, ...args: string[]) => {
  const command = `stty cols ${columns} rows 24; ${fairlead} --host unix://${host.socket} ${args.join(" ")}`;
  return lines(
    (await host.run("script", "--quiet", "--return", "--command", command, "/dev/null")).replaceAll("\r", ""),
  );
};

for (const columns of [60, 80, 100, 200]) {
  test(`API-7 tables fit a terminal of ${columns} columns: no line is longer, headers and names are whole`, async () => {
    const table = await onTerminal(columns, "ps", "-a");
    assert.equal(table.length, 4);
    assert.deepEqual(
      table.filter((line) => line.length > columns),
      [],
    );
    assert.match(table[0] ?? "", /^CONTAINER ID +IMAGE +COMMAND +CREATED +STATUS +PORTS +NAMES$/);
    assert.deepEqual(
      table.slice(1).map((line) => line.split(" ").at(-1)),
      ["idle", "db", "web"],
    );
  });
}

test("API-7 a table that goes to a file or a pipe is not shortened", async () => {
  assert.match(await host.fairlead("ps"), /0\.0\.0\.0:9090-9099->9090-9099\/udp/);
});

/** Each shell's own words for: what can stand at the end of this line? */
const shells: Record<string, (line: string) => string[]> = {
  bash: (line) => [
    "bash",
    "-c",
    `source <(${fairlead} completion bash); read -ra COMP_WORDS <<<"$1"
     [[ $1 == *" " ]] && COMP_WORDS+=(""); COMP_CWORD=$((\${#COMP_WORDS[@]}-1)); _fairlead; printf '%s\\n' "\${COMPREPLY[@]}"`,
    "bash",
    line,
  ],
  zsh: (line) => [
    "zsh",
    "-fc",
    `compdef() { :; }; _describe() { print -l -- \${(P)2}; }; _files() { print -- FILES; }
     ${fairlead} completion zsh > ${host.folder}/c.zsh; source ${host.folder}/c.zsh
     words=("\${(@s: :)1}"); CURRENT=\${#words}; _fairlead`,
    "zsh",
    line,
  ],
  fish: (line) => ["fish", "--no-config", "-c", `${fairlead} completion fish | source; complete -C "$argv[1]"`, line],
};

const completions: [line: string, offered: string[]][] = [
  ["fairlead netw", ["network"]],
  ["fairlead network dis", ["disconnect"]],
  ["fairlead network rm b", ["blue", "bridge"]],
  ["fairlead exec ", ["db", "web"]],
  ["fairlead start i", ["idle"]],
  ["fairlead network connect --ip", ["--ip", "--ip6"]],
  ["fairlead network disconnect blue w", ["web"]],
];

for (const [shell, ask] of Object.entries(shells)) {
  test(`API-7 completion for ${shell} offers verbs, options and the daemon's own names`, async () => {
    const env = {
      FAIRLEAD_HOST: `unix://${host.socket}`,
      PATH: `${checkout}:${process.env["PATH"]}`,
      HOME: host.folder,
    };
    for (const [line, offered] of completions) {
      const { stdout, stderr } = await host.exec(ask(line), { env });
      const found = lines(stdout).map((each) => each.split(/[\t:]/)[0] ?? "");
      // fish matches in the middle of words too.
      const begun = found.filter((each) => each.startsWith(line.split(" ").at(-1) ?? ""));
      assert.deepEqual([line, begun.sort(), stderr], [line, offered, ""]);
    }
  });
}

test("API-7 a word that is nearly a verb or a flag gets the right one offered", async () => {
  assert.match((await say("nework", "ls"))[2], /^unknown command: fairlead nework\n\(Did you mean network\?\)/);
  assert.match((await say("network", "lss"))[2], /\(Did you mean ls\?\)/);
  assert.match((await say("ps", "--filtre", "name=x"))[2], /^unknown option '--filtre'\n\(Did you mean --filter\?\)/);
  assert.deepEqual((await say("network", "rm"))[0], 1);
  assert.match(
    (await say("network", "rm"))[2],
    /^missing required argument 'network'\n\nUsage: {2}fairlead network rm \[OPTIONS\] NETWORK \[NETWORK\.\.\.\]/,
  );
});

test("API-7 exit codes: 1 for what the daemon refuses, 125 for a flag that is none, 0 for help", async () => {
  const codes: [number, string[]][] = [
    [1, ["inspect", "nothing"]],
    [1, ["network", "rm", "nothing"]],
    [1, ["logs", "nothing"]],
    [1, ["ps", "--filter", "colour=red"]],
    [1, ["nothing"]],
    [125, ["ps", "--colour"]],
    [125, ["run", "--colour", "image"]],
    [0, ["run", "--help"]],
    [0, ["help"]],
    [0, ["help", "network"]],
    [0, ["--version"]],
  ];
  const found = await Promise.all(codes.map(async ([, args]) => [(await say(...args))[0], args]));
  assert.deepEqual(found, codes);
});

test("API-7 without a daemon, each command says where it looked and how to start one", async () => {
  const { code, stdout, stderr } = await host.exec([fairlead, "--host", "unix:///run/nobody.sock", "ps"]);
  assert.deepEqual([code, stdout], [1, ""]);
  assert.equal(
    stderr,
    "Cannot connect to the Fairlead daemon at unix:///run/nobody.sock. Is it running? Start it with: fairlead daemon\n",
  );
});

test("API-7 inspect finds containers, networks and images by name, and says what it does not find", async () => {
  const [code, out, errors] = await say("inspect", "blue", "nothing", "web");
  assert.deepEqual([code, errors], [1, "Error: No such object: nothing\n"]);
  assert.deepEqual(
    (JSON.parse(out) as { Name: string }[]).map(({ Name }) => Name),
    ["blue", "/web"],
  );
  assert.deepEqual(await say("inspect", "nothing"), [1, "[]\n", "Error: No such object: nothing\n"]);
});
