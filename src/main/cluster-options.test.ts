import assert from "node:assert/strict";
import { test } from "node:test";
import { EngineError } from "../base/errors.ts";
import { alone, clusterSettings, withoutCredentials } from "./cluster-options.ts";
import { settings } from "./settings.ts";

const byDefault = new Map(settings.map((setting) => [setting.name, String(setting.byDefault ?? "")]));
const read = (given: Readonly<Record<string, string>>) =>
  clusterSettings((name) => given[name] ?? byDefault.get(name) ?? assert.fail(`no setting ${name}`));

test("clusterSettings() without flags is a host that is alone", () => {
  assert.deepEqual(read({}), alone);
});

const durations: readonly (readonly [text: string, seconds: number])[] = [
  ["90", 90],
  ["90s", 90],
  ["5m", 300],
  ["24h", 86_400],
  ["2d", 172_800],
];

for (const [text, seconds] of durations) {
  test(`clusterSettings() reads the duration ${text}`, () => {
    assert.equal(read({ "cluster-grace": text }).graceSeconds, seconds);
  });
}

test("clusterSettings() reads the widest ranges", () => {
  const { vnis, port } = read({ "vni-range": "1-16777215", "vxlan-port": "65535" });
  assert.deepEqual([vnis, port], [{ first: 1, last: 16_777_215 }, 65_535]);
});

const store = "etcd://10.0.0.1:2379";
const refused: readonly (readonly [given: Record<string, string>, message: RegExp])[] = [
  [{ cluster: "http://10.0.0.1" }, /^Invalid --cluster: "http:\/\/10\.0\.0\.1" is neither etcd:.* nor consul:/],
  [{ cluster: "10.0.0.1:2379" }, /^Invalid --cluster: /],
  [{ cluster: "etcd://" }, /^Invalid --cluster: /],
  [{ cluster: "etcd://10.0.0.1:99999" }, /^Invalid --cluster: the port of "10\.0\.0\.1:99999" must be a number from 1/],
  [{ cluster: "etcd://10.0.0.1,10.0.0.1:2379" }, /^Invalid --cluster: 10\.0\.0\.1:2379 is there twice/],
  [{ cluster: "ftp://me:secret@host" }, /^Invalid --cluster: "ftp:\/\/\*\*\*@host" is neither/],
  [{ cluster: store, "cluster-cert": "/c.pem" }, /^Invalid --cluster-cert: a certificate and its key go together/],
  [{ cluster: store, "cluster-key": "/k.pem" }, /^Invalid --cluster-cert: a certificate and its key go together/],
  [{ "cluster-lease": "10s", "cluster-grace": "29s" }, /^Invalid --cluster-grace: it must be three times/],
  ...["", "s", "0s", "-5s", "1.5h", "10 s", "1w", "soon"].flatMap((text) =>
    ["cluster-lease", "cluster-grace"].map(
      (name) => [{ [name]: text }, new RegExp(`^Invalid --${name}: ".*" is no duration like 10s`)] as const,
    ),
  ),
  ...["", "5", "0-5", "9-5", "1-16777216", "a-b", "1-2-3", "-1-5"].map(
    (text) =>
      [{ "vni-range": text }, /^Invalid --vni-range: ".*" is no range FIRST-LAST of numbers from 1 to/] as const,
  ),
  ...["", "0", "65536", "4789.5", "x"].map(
    (text) => [{ "vxlan-port": text }, /^Invalid --vxlan-port: ".*" is no number from 1 to 65535$/] as const,
  ),
];

for (const [given, message] of refused) {
  test(`clusterSettings() refuses ${JSON.stringify(given)}`, () => {
    assert.throws(
      () => read(given),
      (error: unknown) => {
        assert.ok(error instanceof EngineError);
        assert.match(error.message, message);
        return !error.message.includes("secret");
      },
    );
  });
}

const shown: readonly (readonly [url: string, shown: string])[] = [
  ["etcd://10.0.0.1:2379/prefix", "etcd://10.0.0.1:2379/prefix"],
  ["etcd://me:secret@10.0.0.1:2379,10.0.0.2:2379", "etcd://***@10.0.0.1:2379,10.0.0.2:2379"],
  ["consul://:to/ken@10.0.0.1", "consul://***@10.0.0.1"],
  ["etcd://me:s@cr@t@10.0.0.1", "etcd://***@10.0.0.1"],
];

for (const [url, expected] of shown) {
  test(`withoutCredentials() shows ${expected} of ${url}`, () => {
    assert.equal(withoutCredentials(url), expected);
  });
}
