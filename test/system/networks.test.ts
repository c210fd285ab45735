import assert from "node:assert/strict";
import { after, afterEach, test } from "node:test";
import { callApi, clear, refusal } from "../../lab/api.ts";
import { Host } from "../../lab/host.ts";

const host = await Host.create();
after(() => host[Symbol.asyncDispose]());
await host.startDaemon();
afterEach(() => clear(host));

interface NetworkJson {
  readonly Name: string;
  readonly Id: string;
  readonly [field: string]: unknown;
}

const list = async (): Promise<string[]> =>
  (await callApi<NetworkJson[]>(host, "GET", "/networks")).body.map(({ Name }) => Name);
const inspect = async (name: string): Promise<NetworkJson> =>
  (await callApi<NetworkJson>(host, "GET", `/networks/${name}`)).body;
const names = async (...filters: string[]): Promise<string[]> =>
  (await host.fairlead("network", "ls", "--format", "{{.Name}}", ...filters.flatMap((filter) => ["--filter", filter])))
    .split("\n")
    .filter((line) => line !== "")
    .sort();

test("NET-1 bridge, host and none exist from the start; creating or removing them is refused with 403", async () => {
  assert.deepEqual((await list()).sort(), ["bridge", "host", "none"]);
  for (const name of ["bridge", "host", "none", "default"]) {
    assert.match(
      await refusal(host, "POST", "/networks/create", { Name: name }),
      /^403 operation is not permitted on predefined/,
    );
  }
  for (const name of ["bridge", "host", "none"]) {
    assert.equal(
      await refusal(host, "DELETE", `/networks/${name}`),
      `403 ${name} is a pre-defined network and cannot be removed`,
    );
  }
  for (const driver of ["host", "null"]) {
    assert.match(
      await refusal(host, "POST", "/networks/create", { Name: "second", Driver: driver }),
      /^403 .*only one instance of "(host|null)" network is allowed/,
    );
  }
  assert.deepEqual((await list()).sort(), ["bridge", "host", "none"]);
});

test("NET-2 network create prints the id, ls and inspect show it, rm removes it and every kernel object of it", async () => {
  const before = await host.snapshot();
  const id = await host.fairlead("network", "create", "--ipv6", "web");
  assert.match(id, /^[0-9a-f]{64}$/);
  assert.match(await host.fairlead("network", "ls"), new RegExp(`^${id.slice(0, 12)} +web +bridge +local`, "m"));
  const { Id, Driver, Scope, Created } = await inspect("web");
  assert.deepEqual([Id, Driver, Scope], [id, "bridge", "local"]);
  assert.match(String(Created), /^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
  assert.equal((await host.json("ip", "-j", "link", "show", `br-${id.slice(0, 12)}`)).length, 1);
  assert.notDeepEqual(await host.snapshot(), before);
  assert.equal(await host.fairlead("network", "rm", "web"), "web");
  assert.deepEqual(await host.snapshot(), before);
  assert.equal(await refusal(host, "GET", "/networks/web"), "404 network web not found");
});

test("NET-3 a second network of the same name is refused with 409", async () => {
  await host.fairlead("network", "create", "web");
  assert.equal(
    await refusal(host, "POST", "/networks/create", { Name: "web" }),
    "409 network with name web already exists",
  );
  // Names are told apart by case, as in Docker.
  assert.equal((await callApi(host, "POST", "/networks/create", { Name: "Web" })).status, 201);
});

const badNames = {
  "an empty one": "",
  blanks: "  ",
  "a leading dot": ".web",
  "a slash": "a/b",
  "a blank inside": "a b",
  "a line break": "web\n",
  "a letter beyond ASCII": "wéb",
  "a quote": 'a"b',
  "a shell's metacharacter": "a;b",
  "201 bytes": "a".repeat(201),
};

for (const [what, name] of Object.entries(badNames)) {
  test(`NET-4 a name with ${what} is refused with 400 and changes nothing`, async () => {
    const before = [await list(), await host.snapshot()];
    assert.match(await refusal(host, "POST", "/networks/create", { Name: name }), /^400 Invalid network name: /);
    assert.deepEqual([await list(), await host.snapshot()], before);
  });
}

test("NET-4 a name of 200 bytes and one of every allowed character are taken", async () => {
  const allowed = ["a".repeat(200), "0a.Z_-9"];
  for (const name of allowed)
    assert.equal((await callApi(host, "POST", "/networks/create", { Name: name })).status, 201);
  assert.equal(await host.fairlead("network", "rm", ...allowed), allowed.join("\n"));
});

test("NET-5 every option of create comes back in inspect as given", async () => {
  const ipv4 = ["--subnet", "10.5.0.0/16", "--ip-range", "10.5.8.0/24", "--gateway", "10.5.0.254"];
  const ipv6 = ["--subnet", "fd05::/64", "--gateway", "fd05::fe"];
  const aux = ["--aux-address", "router=10.5.8.1", "--aux-address", "printer=fd05::9"];
  const options = ["--opt", "com.docker.network.bridge.name=given0", "--opt", "com.docker.network.driver.mtu=1400"];
  const rest = ["--label", "who=me", "--label", "bare", "--internal", "--attachable"];
  await host.fairlead("network", "create", ...ipv4, "--ipv6", ...ipv6, ...aux, ...options, ...rest, "given");
  const { IPAM, Labels, Options, Internal, Attachable, EnableIPv4, EnableIPv6, ConfigOnly } = await inspect("given");
  assert.deepEqual(IPAM, {
    Driver: "default",
    Options: {},
    Config: [
      {
        Subnet: "10.5.0.0/16",
        IPRange: "10.5.8.0/24",
        Gateway: "10.5.0.254",
        AuxiliaryAddresses: { router: "10.5.8.1" },
      },
      { Subnet: "fd05::/64", Gateway: "fd05::fe", AuxiliaryAddresses: { printer: "fd05::9" } },
    ],
  });
  assert.deepEqual(Labels, { who: "me", bare: "" });
  assert.deepEqual(Options, {
    "com.docker.network.bridge.name": "given0",
    "com.docker.network.driver.mtu": "1400",
  });
  assert.deepEqual([Internal, Attachable, EnableIPv4, EnableIPv6, ConfigOnly], [true, true, true, true, false]);
  const [link] = await host.json<{ mtu: number }[]>("ip", "-j", "link", "show", "given0");
  assert.equal(link?.mtu, 1400);
});

test("NET-9 network ls filters by driver, id, label, name, scope, type and dangling; an unknown filter is 400", async () => {
  const id = await host.fairlead("network", "create", "--label", "tier=front", "--label", "old", "red-net");
  await host.fairlead("network", "create", "--label", "tier=back", "blue-net");
  await host.fairlead("run", "-d", "--rootfs", "host", "--name", "user", "--network", "red-net", "sleep", "infinity");
  const expected: [string[], string[]][] = [
    [["driver=bridge"], ["blue-net", "bridge", "red-net"]],
    [
      ["driver=host", "driver=null"],
      ["host", "none"],
    ],
    [["driver=absent"], []],
    [[`id=${id.slice(0, 9)}`], ["red-net"]],
    [["label=tier"], ["blue-net", "red-net"]],
    [["label=tier=back"], ["blue-net"]],
    [["label=tier=front", "label=old"], ["red-net"]],
    [["label=tier=back", "label=old"], []],
    [["name=net"], ["blue-net", "red-net"]],
    [
      ["name=red", "name=blue"],
      ["blue-net", "red-net"],
    ],
    [["name=red", "label=tier=back"], []],
    [["scope=local"], ["blue-net", "bridge", "host", "none", "red-net"]],
    [["scope=swarm"], []],
    [["type=custom"], ["blue-net", "red-net"]],
    [["type=builtin"], ["bridge", "host", "none"]],
    [["dangling=true"], ["blue-net"]],
    [["dangling=false"], ["bridge", "host", "none", "red-net"]],
  ];
  for (const [filters, found] of expected) assert.deepEqual(await names(...filters), found, filters.join(" "));
  const filtered = (filters: unknown) => `/networks?filters=${encodeURIComponent(JSON.stringify(filters))}`;
  assert.equal(await refusal(host, "GET", filtered({ colour: ["red"] })), "400 invalid filter 'colour'");
  assert.match(await refusal(host, "GET", filtered({ type: ["other"] })), /^400 invalid filter 'type=other': use /);
  assert.match(await refusal(host, "GET", filtered({ dangling: ["maybe"] })), /^400 invalid filter 'dangling=maybe'/);
  assert.match(await refusal(host, "GET", "/networks?filters=%7B"), /^400 /);
});

test("NET-10 network prune removes what no container uses, by label and age if asked, never the built-in ones", async () => {
  for (const name of ["keep", "drop", "busy", "asleep"]) {
    await host.fairlead("network", "create", ...(name === "keep" ? ["--label", "keep=yes"] : []), name);
  }
  await host.fairlead("network", "create", "--config-only", "--subnet", "10.6.0.0/24", "settings");
  await host.fairlead("run", "-d", "--rootfs", "host", "--name", "user", "--network", "busy", "sleep", "infinity");
  await host.fairlead("create", "--rootfs", "host", "--name", "sleeper", "--network", "asleep", "true");
  assert.equal(await host.fairlead("network", "prune", "-f", "--filter", "until=1h"), "");
  assert.equal(await host.fairlead("network", "prune", "-f", "--filter", "label!=keep"), "Deleted Networks:\ndrop");
  assert.equal(await host.fairlead("network", "prune", "-f"), "Deleted Networks:\nkeep");
  const all = '{"unknown":["x"]}';
  assert.match(
    await refusal(host, "POST", `/networks/prune?filters=${encodeURIComponent(all)}`),
    /^400 invalid filter 'unknown'/,
  );
  assert.deepEqual(await names(), ["asleep", "bridge", "busy", "host", "none", "settings"]);
});

test("NET-11 a network with a running container is not removed: 403 naming the container", async () => {
  await host.fairlead("network", "create", "busy");
  await host.fairlead("run", "-d", "--rootfs", "host", "--name", "user", "--network", "busy", "sleep", "infinity");
  const before = await host.snapshot();
  assert.match(await refusal(host, "DELETE", "/networks/busy"), /^403 .*network busy has active endpoints.*\(user\)/);
  assert.deepEqual(await host.snapshot(), before);
  await host.fairlead("exec", "user", "ip", "link", "show", "eth0");
});

test("NET-18 a network with stopped containers only is removed; they say so at the next start, and can leave it", async () => {
  await host.fairlead("network", "create", "gone");
  await host.fairlead("network", "create", "other");
  await host.fairlead("create", "--rootfs", "host", "--name", "user", "--network", "gone", "sleep", "infinity");
  await host.fairlead("network", "rm", "gone");
  const before = await host.snapshot();
  assert.match(await refusal(host, "POST", "/containers/user/start"), /^404 .*network gone .*not found/);
  assert.deepEqual(await host.snapshot(), before);
  // A namesake is another network: nobody who made it meant this container.
  await host.fairlead("network", "create", "gone");
  assert.match(await refusal(host, "POST", "/containers/user/start"), /^404 .*network gone .*not found/);
  await host.fairlead("network", "disconnect", "--force", "gone", "user");
  await host.fairlead("network", "connect", "other", "user");
  await host.fairlead("start", "user");
  assert.match(await host.fairlead("exec", "user", "ip", "-br", "addr"), /^eth0@\S+ +UP +172/m);
});

test("NET-13 an unknown driver is 404 naming those there are; a misspelt bridge option is 400", async () => {
  const before = await host.snapshot();
  const driver = await refusal(host, "POST", "/networks/create", { Name: "web", Driver: "brigde" });
  assert.match(driver, /^404 plugin "brigde" not found: .*bridge, host, ipvlan, macvlan, null/);
  const create = (Options: Record<string, string>) =>
    refusal(host, "POST", "/networks/create", { Name: "web", Options });
  assert.match(
    await create({ "com.docker.network.bridge.enable_ic": "true" }),
    /^400 .*"com\.docker\.network\.bridge\.enable_ic".*com\.docker\.network\.bridge\.enable_icc/,
  );
  const values = {
    "com.docker.network.bridge.enable_icc": "maybe",
    "com.docker.network.bridge.name": "much-too-long-a-name",
    "com.docker.network.driver.mtu": "67",
    "com.docker.network.bridge.gateway_mode_ipv4": "isolated",
  };
  for (const [option, value] of Object.entries(values)) {
    const answer = await create({ [option]: value });
    assert.ok(answer.startsWith("400 ") && answer.includes(option), answer);
  }
  assert.deepEqual([await names("type=custom"), await host.snapshot()], [[], before]);
});

test("NET-14 config-only networks build nothing, config-from copies them, and they are kept while in use", async () => {
  const before = await host.snapshot();
  const options = ["--subnet", "10.6.0.0/24", "--gateway", "10.6.0.9", "--aux-address", "a=10.6.0.7"];
  const mtu = "com.docker.network.driver.mtu";
  await host.fairlead(
    "network",
    "create",
    "--config-only",
    ...options,
    "--opt",
    `${mtu}=1300`,
    "--label",
    "a=1",
    "conf",
  );
  assert.deepEqual(await host.snapshot(), before);
  await host.fairlead("network", "create", "--config-from", "conf", "--label", "b=2", "made");
  const { IPAM, Options, ConfigFrom, ConfigOnly, Labels } = await inspect("made");
  assert.deepEqual(
    [IPAM, Options, ConfigFrom, ConfigOnly, Labels],
    [
      {
        Driver: "default",
        Options: {},
        Config: [{ Subnet: "10.6.0.0/24", Gateway: "10.6.0.9", AuxiliaryAddresses: { a: "10.6.0.7" } }],
      },
      { [mtu]: "1300" },
      { Network: "conf" },
      false,
      { a: "1", b: "2" },
    ],
  );
  assert.match(await refusal(host, "DELETE", "/networks/conf"), /^403 .*conf.* in use by made/);
  const from = (network: string, more = {}) =>
    refusal(host, "POST", "/networks/create", { Name: "x", ConfigFrom: { Network: network }, ...more });
  assert.equal(await from("absent"), '404 configuration network "absent" does not exist');
  assert.match(await from("made"), /^404 configuration network "made" does not exist/);
  assert.match(await from("conf", { Options: { [mtu]: "1400" } }), /^403 .*driver options are not supported/);
  assert.match(await from("conf", { IPAM: { Config: [{ Subnet: "10.7.0.0/24" }] } }), /^403 .*not supported/);
  await host.fairlead("create", "--rootfs", "host", "--name", "user", "true");
  assert.match(
    await refusal(host, "POST", "/networks/conf/connect", { Container: "user" }),
    /^403 .*conf.*configuration network/,
  );
  await host.fairlead("rm", "user");
  await host.fairlead("network", "rm", "made", "conf");
  assert.deepEqual(await host.snapshot(), before);
});

test("NET-14 a configuration is checked when it is made", async () => {
  const create = (Config: object[]) =>
    refusal(host, "POST", "/networks/create", { Name: "conf", ConfigOnly: true, IPAM: { Config } });
  assert.match(await create([{ Subnet: "10.6.0.0/33" }]), /^400 .*10\.6\.0\.0\/33/s);
  assert.match(await create([{ Subnet: "10.6.0.0/24", Gateway: "10.7.0.1" }]), /^400 .*10\.7\.0\.1/s);
  assert.deepEqual(await names("type=custom"), []);
});

test("NET-15 id beats name beats unique id prefix; an ambiguous prefix is 400, nothing is 404", async () => {
  const id = await host.fairlead("network", "create", "first");
  // A name that is the beginning of another network's id, and one that is all of it.
  await host.fairlead("network", "create", id.slice(0, 12));
  await host.fairlead("network", "create", id);
  assert.equal((await inspect(id)).Name, "first");
  assert.equal((await inspect(id.slice(0, 12))).Name, id.slice(0, 12));
  assert.equal((await inspect(id.slice(0, 13))).Name, "first");
  // Seventeen ids begin with one of sixteen digits: two of them with the same.
  for (let n = 0; n < 17; n++) await host.fairlead("network", "create", `many-${n}`);
  const ids = (await callApi<NetworkJson[]>(host, "GET", "/networks")).body.map(({ Id }) => Id);
  const digits = ids.map((each) => each.slice(0, 1));
  const twice = digits.find((digit, index) => digits.indexOf(digit) !== index) ?? "";
  for (const method of ["GET", "DELETE"] as const) {
    assert.match(await refusal(host, method, `/networks/${twice}`), /^400 network . is ambiguous/);
  }
  assert.equal(await refusal(host, "GET", "/networks/zzz"), "404 network zzz not found");
  assert.equal(await refusal(host, "DELETE", "/networks/0123456789abcdef0"), "404 network 0123456789abcdef0 not found");
});
