import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type RequestListener, type Server } from "node:http";
import { createServer as createSecureServer } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { silentLog } from "../base/log.ts";
import { parseAddress } from "./address.ts";
import { openPlugins } from "./plugins.ts";

/** Two plugin directories that are gone at the end, and servers in them. */
class Place implements AsyncDisposable {
  readonly folder = mkdtempSync(join(tmpdir(), "fairlead-plugins-"));
  readonly directories = [join(this.folder, "run"), join(this.folder, "etc")];
  readonly heard: string[] = [];
  readonly #servers: Server[] = [];

  plugins(timeoutMs = 30_000) {
    return openPlugins({ directories: this.directories, timeoutMs }, silentLog);
  }
  write(path: string, content: string): void {
    const file = join(this.folder, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content);
  }
  /** Listens on a socket below the folder, or on a TCP port of its own, which is returned. */
  async serve(path: string | undefined, answer = activated, tls?: { key: Buffer; cert: Buffer }): Promise<number> {
    const listener: RequestListener = (request, response) => {
      this.heard.push(`${request.method} ${request.url} ${request.headers["content-type"]}`);
      answer(request, response);
    };
    const server = tls ? createSecureServer(tls, listener) : createServer(listener);
    this.#servers.push(server);
    if (path) mkdirSync(dirname(join(this.folder, path)), { recursive: true });
    const { promise, resolve } = Promise.withResolvers<void>();
    server.listen(path ? join(this.folder, path) : 0, resolve);
    await promise;
    return path ? 0 : (server.address() as AddressInfo).port;
  }
  async [Symbol.asyncDispose](): Promise<void> {
    for (const server of this.#servers) {
      server.closeAllConnections();
      server.close();
    }
    rmSync(this.folder, { recursive: true });
  }
}

const activated: RequestListener = (_request, response) => response.end('{"Implements":["NetworkDriver"]}');
const saying =
  (status: number, text: string): RequestListener =>
  (_request, response) =>
    response.writeHead(status).end(text);

for (const path of ["run/net.sock", "run/net/net.sock", "etc/net.sock"]) {
  test(`activate() finds a socket at ${path}, and asks once with Docker's media type`, async () => {
    await using place = new Place();
    await place.serve(path);
    const plugins = place.plugins();
    await plugins.activate("net", "NetworkDriver");
    await plugins.activate("net", "NetworkDriver");
    assert.deepEqual(place.heard, ["POST /Plugin.Activate application/vnd.docker.plugins.v1.2+json"]);
  });
}

test("activate() takes the addresses of .spec and .json files, and a prefix of the URL with them", async () => {
  await using place = new Place();
  const port = await place.serve(undefined);
  place.write("etc/one.spec", `tcp://127.0.0.1:${port}\n`);
  place.write("etc/two/two.json", JSON.stringify({ Name: "two", Addr: `http://127.0.0.1:${port}/api/` }));
  const plugins = place.plugins();
  await plugins.activate("one", "NetworkDriver");
  await plugins.activate("two", "NetworkDriver");
  assert.deepEqual(
    place.heard.map((line) => line.split(" ")[1]),
    ["/Plugin.Activate", "/api/Plugin.Activate"],
  );
});

test("networkDrivers() lists what is installed, sorted, without those that turned out to be none", async () => {
  await using place = new Place();
  await place.serve("run/volumes.sock", saying(200, '{"Implements":["VolumeDriver"]}'));
  place.write("etc/web.spec", "tcp://127.0.0.1:1");
  place.write("etc/deep/deep.json", "{}");
  place.write("etc/other/unrelated.spec", "tcp://127.0.0.1:1");
  place.write("etc/README", "");
  const plugins = place.plugins();
  assert.deepEqual(plugins.networkDrivers(), ["deep", "volumes", "web"]);
  await assert.rejects(
    plugins.activate("volumes", "NetworkDriver"),
    /Cannot use the answer of plugin "volumes" to Plugin.Activate: it implements VolumeDriver, and a NetworkDriver is wanted/,
  );
  assert.deepEqual(plugins.networkDrivers(), ["deep", "web"]);
});

test("activate() knows neither what is not installed nor names that lead out of the directories", async () => {
  await using place = new Place();
  await place.serve("outside.sock");
  for (const name of ["nothing", "../outside", "", ".hidden", "a/b"]) {
    await assert.rejects(place.plugins().activate(name, "NetworkDriver"), { code: "PLUGIN_NOT_FOUND" }, name);
  }
});

/** A certificate for 127.0.0.1 that signs itself, made with openssl(1). */
function certificate(place: Place): { readonly key: Buffer; readonly cert: Buffer; readonly certFile: string } {
  const [keyFile, certFile] = [join(place.folder, "key.pem"), join(place.folder, "cert.pem")];
  const subject = ["-subj", "/CN=plugin", "-addext", "subjectAltName=IP:127.0.0.1"];
  const files = ["-keyout", keyFile, "-out", certFile];
  execFileSync(
    "openssl",
    ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", ...subject, ...files],
    {
      stdio: "ignore",
    },
  );
  return { key: readFileSync(keyFile), cert: readFileSync(certFile), certFile };
}

test("PLUG-29: call() speaks TLS as the .json says: the certificate is checked against its CAFile, or not at all", async () => {
  await using place = new Place();
  const { key, cert, certFile } = certificate(place);
  const port = await place.serve(undefined, activated, { key, cert });
  const specification = (TLSConfig: object) => JSON.stringify({ Addr: `https://127.0.0.1:${port}`, TLSConfig });
  place.write("etc/checked.json", specification({ CAFile: certFile }));
  place.write("etc/unchecked.json", specification({}));
  place.write("etc/wrong.json", specification({ CAFile: "/etc/hostname" }));
  const plugins = place.plugins(500);
  for (const name of ["checked", "unchecked"]) await plugins.activate(name, "NetworkDriver");
  await assert.rejects(plugins.activate("wrong", "NetworkDriver"), { code: "PLUGIN_AWAY" });
});

const misbehaviour: readonly [what: string, answer: RequestListener, code: string, message: RegExp][] = [
  [
    "its own words in Err",
    saying(200, '{"Err":"no room"}'),
    "PLUGIN_FAILED",
    /^remote: no room \(N.V of plugin "net"\)$/,
  ],
  ["its own words in Error", saying(500, '{"Error":"no room"}'), "PLUGIN_FAILED", /^remote: no room /],
  ["a status with text", saying(503, "busy"), "PLUGIN_FAILED", /^remote: HTTP status 503: busy /],
  ["no JSON", saying(200, "<html>"), "PLUGIN_ANSWER", /it is no JSON object: <html>$/],
  ["a list", saying(200, "[]"), "PLUGIN_ANSWER", /it is no JSON object/],
  ["nothing", saying(200, ""), "PLUGIN_ANSWER", /it is empty$/],
  ["too much", saying(200, `{"a":"${"x".repeat(2 ** 21)}"}`), "PLUGIN_ANSWER", /it is longer than 1048576 bytes$/],
  ["a closed connection", (request) => request.socket.destroy(), "PLUGIN_AWAY", /"net" does not answer N.V: /],
  ["silence", () => {}, "PLUGIN_AWAY", /nothing came within 0.2 seconds/],
];

for (const [what, answer, code, message] of misbehaviour) {
  test(`call() refuses ${what} in words`, async () => {
    await using place = new Place();
    await place.serve("run/net.sock", answer);
    await assert.rejects(place.plugins(200).call("net", "N.V", {}), { code, message });
    assert.equal(place.heard.length, 1); // what was heard is never said twice
  });
}

test("call() says with undefined that a verb is not implemented", async () => {
  await using place = new Place();
  await place.serve("run/net.sock", saying(404, "404 page not found"));
  assert.equal(await place.plugins().call("net", "N.V", {}), undefined);
});

test("call() waits for a plugin that is just being started again, and says so when it does not come", async () => {
  await using place = new Place();
  const plugins = place.plugins();
  await assert.rejects(plugins.call("net", "N.V", {}, { patience: 0 }), {
    code: "PLUGIN_AWAY",
    message: /it has no socket and no specification in .*run, .*etc; try again when it runs$/,
  });
  const call = plugins.call("net", "N.V", {});
  await place.serve("run/net.sock", saying(200, '{"a":1}'));
  assert.deepEqual(await call, { a: 1 });
});

for (const text of ["", "nonsense", "ftp://host:1", "unix://host", "tcp://"]) {
  test(`parseAddress() refuses "${text}"`, () => {
    assert.throws(() => parseAddress(text, "/etc/docker/plugins/x.spec"), /Invalid plugin specification .*x.spec/);
  });
}

test("parseAddress() makes an address with TLS one of https, and takes IPv6", () => {
  const tls = { insecure: false, caFile: "/ca", certFile: "", keyFile: "" };
  assert.deepEqual(parseAddress("tcp://[::1]:2376", "x", tls), {
    ...{ scheme: "https", host: "::1", port: 2376, prefix: "", tls },
  });
});

test("call() takes null for an answer that has nothing to say, as Go does", async () => {
  await using place = new Place();
  await place.serve("run/net.sock", saying(200, "null\n"));
  assert.deepEqual(await place.plugins().call("net", "N.V", {}), {});
});
